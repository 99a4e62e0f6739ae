package remote

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/skeema/knownhosts"
	sshagent "github.com/xanzy/ssh-agent"
	"golang.org/x/crypto/ssh"
	xknownhosts "golang.org/x/crypto/ssh/knownhosts"

	"rondo/backend/errs"
)

const (
	dialTime  = 20 * time.Second // to connect and prove who one is
	aliveTime = 15 * time.Second // between two questions whether the other side is still there
)

// dialSSH connects to a host whose key is known, as a person whose key it knows.
func dialSSH(ctx context.Context, h sshHost) (*ssh.Client, error) {
	check, algorithms, err := h.hostKeys()
	if err != nil {
		return nil, err
	}
	signers, notes, done := h.signers()
	defer done()
	config := &ssh.ClientConfig{
		User: h.user, Auth: h.methods(signers), HostKeyCallback: check, HostKeyAlgorithms: algorithms,
	}
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	address := net.JoinHostPort(h.host, h.port)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, errs.New(errs.Unavailable, "%s cannot be reached: %w", address, err).WithHint("see whether you are online, and whether `ssh -p %s %s@%s` works", h.port, h.user, h.host)
	}
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	c, channels, requests, err := ssh.NewClientConn(conn, net.JoinHostPort(h.name, h.port), config)
	if !stop() || err != nil {
		conn.Close()
		return nil, h.refused(ctx, err, notes)
	}
	client := ssh.NewClient(c, channels, requests)
	go stayAlive(client)
	return client, nil
}

// Session is what another library needs to open a session with a host as this package does.
type Session struct {
	Config     *ssh.ClientConfig
	Host, Port string // where it listens
	Done       func() // lets the agent go
}

// SSHSession readies a session with a host by the person's ~/.ssh/config, agent and keys. Its
// key must be known.
func SSHSession(user, host, port string) (s Session, err error) {
	h, err := lookUp(Address{Kind: KindSFTP, User: user, Host: host, Port: port})
	if err != nil {
		return s, err
	}
	check, algorithms, err := h.hostKeys()
	if err != nil {
		return s, err
	}
	signers, _, done := h.signers()
	return Session{&ssh.ClientConfig{
		User: h.user, HostKeyAlgorithms: algorithms, Timeout: dialTime, Auth: []ssh.AuthMethod{ssh.PublicKeys(signers...)},
		HostKeyCallback: func(_ string, at net.Addr, key ssh.PublicKey) error {
			return check(net.JoinHostPort(h.name, h.port), at, key)
		},
	}, h.host, h.port, done}, nil
}

// methods are the keys and, where another tool's settings have one, the password.
func (h sshHost) methods(signers []ssh.Signer) []ssh.AuthMethod {
	list := []ssh.AuthMethod{ssh.PublicKeys(signers...)}
	if h.login.Password != "" {
		list = append(list, ssh.Password(h.login.Password))
	}
	return list
}

// refused says why no session came about.
func (h sshHost) refused(ctx context.Context, err error, notes []string) error {
	var known *errs.Error
	switch {
	case errors.As(err, &known):
		return known
	case ctx.Err() != nil:
		return errs.New(errs.Unavailable, "%s did not answer in time: %w", h.host, ctx.Err()).WithHint("see whether `ssh %s@%s` works", h.user, h.host)
	case strings.Contains(err.Error(), "unable to authenticate"):
		why := "no key of yours is known there"
		if len(notes) > 0 {
			why += " (" + strings.Join(notes, "; ") + ")"
		}
		return errs.New(errs.Denied, "%s does not let %s in: %s", h.host, h.user, why).
			WithHint("add a key to your agent (ssh-add), name one by IdentityFile in ~/.ssh/config, or bring it there with ssh-copy-id; Rondo asks for no passwords and keeps none")
	}
	return errs.New(errs.Unavailable, "no ssh session with %s: %w", h.host, err).WithHint("see what `ssh -v -p %s %s@%s` says", h.port, h.user, h.host)
}

// stayAlive closes a connection whose other side has fallen silent, so that nobody
// waits for it for ever.
func stayAlive(c *ssh.Client) {
	ended := make(chan struct{})
	go func() { _ = c.Wait(); close(ended) }()
	tick := time.NewTicker(aliveTime)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		answer := make(chan error, 1)
		go func() { _, _, err := c.SendRequest("keepalive@openssh.com", true, nil); answer <- err }()
		select {
		case err := <-answer:
			if err != nil {
				c.Close()
				return
			}
		case <-time.After(2 * aliveTime):
			c.Close()
			return
		}
	}
}

// hostKeys checks strictly: a host that is not known, or is another, is refused.
func (h sshHost) hostKeys() (ssh.HostKeyCallback, []string, error) {
	var files []string
	for _, file := range h.known {
		if _, err := os.Stat(file); err == nil {
			files = append(files, file)
		}
	}
	db, err := knownhosts.NewDB(files...)
	if err != nil {
		return nil, nil, errs.New(errs.Precondition, "the keys of known hosts cannot be read: %w", err).WithHint("mend or remove the line that is named")
	}
	check := db.HostKeyCallback()
	return func(name string, remote net.Addr, key ssh.PublicKey) error {
		return h.judge(check(name, remote, key), key)
	}, db.HostKeyAlgorithms(net.JoinHostPort(h.name, h.port)), nil
}

func (h sshHost) judge(err error, key ssh.PublicKey) error {
	var seen *xknownhosts.KeyError
	var revoked *xknownhosts.RevokedError
	address := knownhosts.Normalize(net.JoinHostPort(h.name, h.port))
	shown := fmt.Sprintf("%s %s", key.Type(), ssh.FingerprintSHA256(key))
	switch {
	case err == nil:
		return nil
	case errors.As(err, &revoked):
		return errs.New(errs.Denied, "the key that %s shows (%s) is revoked in %s", address, shown, revoked.Revoked.Filename).WithHint("ask whoever runs the host")
	case errors.As(err, &seen) && len(seen.Want) == 0:
		return errs.New(errs.Denied, "the host %s is not known yet; it shows the key %s", address, shown).
			WithHint("compare that with what its owner tells you, then: echo '%s' >> %s", knownhosts.Line([]string{address}, key), h.known[0])
	case errors.As(err, &seen):
		at := seen.Want[0]
		return errs.New(errs.Denied, "%s shows another key (%s) than the one in %s, line %d: somebody may stand in between", address, shown, at.Filename, at.Line).
			WithHint("if its owner says that the key is new: ssh-keygen -f %s -R '%s', then connect again", at.Filename, address)
	}
	return errs.New(errs.Denied, "the key of %s cannot be checked: %w", address, err).WithHint("see its line in %s", h.known[0])
}

// signers returns the agent's keys and those of files, and why some cannot be used.
func (h sshHost) signers() (list []ssh.Signer, notes []string, done func()) {
	done = func() {}
	if h.agent && sshagent.Available() {
		if a, conn, err := sshagent.New(); err == nil {
			done = func() { conn.Close() }
			if list, err = a.Signers(); err != nil {
				notes = append(notes, "the agent gives no keys: "+err.Error())
			}
		}
	}
	for _, file := range h.identities {
		b, err := os.ReadFile(file)
		if err != nil {
			if file == h.key {
				notes = append(notes, "the key that is named cannot be read: "+err.Error())
			}
			continue
		}
		signer, err := parseKey(b, h.login.Passphrase)
		var locked *ssh.PassphraseMissingError
		switch {
		case errors.Is(err, x509.IncorrectPasswordError):
			notes = append(notes, file+" is locked by another passphrase than the one that is set")
		case errors.As(err, &locked):
			notes = append(notes, file+" is locked by a passphrase: ssh-add it")
		case err != nil:
			notes = append(notes, file+" is no key: "+err.Error())
		default:
			list = append(list, signer)
		}
	}
	return list, notes, done
}

// parseKey reads a private key, with the passphrase if it needs one and there is one.
func parseKey(b []byte, passphrase string) (ssh.Signer, error) {
	signer, err := ssh.ParsePrivateKey(b)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) && passphrase != "" {
		return ssh.ParsePrivateKeyWithPassphrase(b, []byte(passphrase))
	}
	return signer, err
}
