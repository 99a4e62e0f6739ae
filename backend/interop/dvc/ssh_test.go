package dvc_test

import (
	"context"
	"encoding/pem"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/remote/remotetest"
)

// pushBy pushes a project's data to an ssh remote with these settings.
func pushBy(t *testing.T, url string, settings ...string) error {
	t.Helper()
	dir := folder(t, map[string]string{"a.csv": "1\n", ".dvc/config": "[core]\n    no_scm = true\n    remote = box\n['remote \"box\"']\n    url = " + url + "\n    " + strings.Join(settings, "\n    ") + "\n"})
	p := open(t, dir)
	defer p.Close()
	if len(p.Problems) > 0 {
		t.Fatal(p.Problems)
	}
	if err := p.Add(context.Background(), "a.csv"); err != nil {
		t.Fatal(err)
	}
	_, err := p.Push(context.Background(), dvc.Exchange{})
	return err
}

// TestSSHRemoteLetsInAsItsSettingsSay pushes to a real sshd by name, port and user, an alias of
// ~/.ssh/config, and key files: open, locked with and without its passphrase, another, none.
func TestSSHRemoteLetsInAsItsSettingsSay(t *testing.T) {
	s := remotetest.StartSSHD(t)
	b, err := os.ReadFile(filepath.Join(s.Home, ".ssh/id_ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := ssh.ParseRawPrivateKey(b)
	if err != nil {
		t.Fatal(err)
	}
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(raw, "", []byte("secret"))
	if err != nil {
		t.Fatal(err)
	}
	host, err := os.ReadFile(filepath.Join(s.Home, "host_key")) // a key, and nobody's here
	if err != nil {
		t.Fatal(err)
	}
	s.Write(t, "keys/open", string(b))
	s.Write(t, "keys/locked", string(pem.EncodeToMemory(locked)))
	s.Write(t, "keys/wrong", string(host))
	store := filepath.Join(s.Home, "store")
	direct := "ssh://127.0.0.1" + store
	if err := pushBy(t, "ssh://box"+store); err != nil {
		t.Errorf("an alias: %v", err)
	}
	if err := os.Remove(filepath.Join(s.Home, ".ssh/id_ed25519")); err != nil {
		t.Fatal(err)
	}
	at := func(key string) string { return "keyfile = " + filepath.Join(s.Home, "keys", key) }
	for _, c := range []struct {
		settings   []string
		says, hint string
	}{
		{[]string{at("open")}, "", ""},
		{[]string{at("open"), "allow_agent = false"}, "", ""},
		{[]string{at("locked"), "passphrase = secret"}, "", ""},
		{[]string{at("locked")}, "locked by a passphrase", "ssh-add"},
		{[]string{at("locked"), "ask_passphrase = true"}, "locked by a passphrase", "dvc remote modify --local box passphrase"},
		{[]string{at("locked"), "passphrase = other"}, "another passphrase", ""},
		{[]string{at("wrong")}, "no key of yours is known there", ""},
		{[]string{at("gone")}, "the key that is named cannot be read", ""},
		{[]string{"password = p"}, "does not let " + s.User + " in", ""},
		{[]string{"ask_password = true"}, "does not let " + s.User + " in", "dvc remote modify --local box password"},
	} {
		err := pushBy(t, direct, append(c.settings, "port = "+s.Port, "user = "+s.User)...)
		if c.says == "" && err != nil || c.says != "" && (!errs.Is(err, errs.Denied) || !strings.Contains(err.Error(), c.says) || !strings.Contains(errs.HintOf(err), c.hint)) {
			t.Errorf("%v: %v, %s", c.settings, err, errs.HintOf(err))
		}
	}
	s.Write(t, ".ssh/known_hosts", "[127.0.0.1]:"+s.Port+" "+authorized(t, b))
	if err := pushBy(t, direct, at("open"), "port = "+s.Port, "user = "+s.User); !errs.Is(err, errs.Denied) || !strings.Contains(err.Error(), "another key") {
		t.Errorf("a host with another key: %v", err)
	}
}

// authorized is the public part of a private key, as known_hosts has it.
func authorized(t *testing.T, private []byte) string {
	t.Helper()
	k, err := ssh.ParsePrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return string(ssh.MarshalAuthorizedKey(k.PublicKey()))
}

// TestSSHRemoteTakesThePasswordOfTheConfig pushes to a server that lets in by password only,
// which OpenSSH's would ask the system for.
func TestSSHRemoteTakesThePasswordOfTheConfig(t *testing.T) {
	s := remotetest.StartSSHD(t) // for its home and host key
	b, err := os.ReadFile(filepath.Join(s.Home, "host_key"))
	if err != nil {
		t.Fatal(err)
	}
	key, err := ssh.ParsePrivateKey(b)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
		if c.User() == "ann" && string(password) == "right" {
			return nil, nil
		}
		return nil, errs.New(errs.Denied, "no")
	}}
	config.AddHostKey(key)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go serveSFTP(l, config)
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s.Write(t, ".ssh/known_hosts", "[127.0.0.1]:"+port+" "+authorized(t, b))
	url := "ssh://ann@127.0.0.1" + filepath.Join(s.Home, "store")
	if err := pushBy(t, url, "port = "+port, "password = right"); err != nil {
		t.Errorf("the right password: %v", err)
	}
	if err := pushBy(t, url, "port = "+port, "password = wrong"); !errs.Is(err, errs.Denied) {
		t.Errorf("a wrong password: %v", err)
	}
}

func serveSFTP(l net.Listener, config *ssh.ServerConfig) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			_, channels, requests, err := ssh.NewServerConn(c, config)
			if err != nil {
				return
			}
			go ssh.DiscardRequests(requests)
			for ch := range channels {
				session, asks, err := ch.Accept()
				if err != nil {
					return
				}
				go func() {
					for r := range asks {
						_ = r.Reply(r.Type == "subsystem", nil)
					}
				}()
				if server, err := sftp.NewServer(session); err == nil {
					go func() { _ = server.Serve(); session.Close() }()
				}
			}
		}()
	}
}
