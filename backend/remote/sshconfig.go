package remote

import (
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/kevinburke/ssh_config"

	"rondo/backend/errs"
)

// sshHost is a host as the person's ssh configuration describes it.
type sshHost struct {
	name       string // as it is known to known_hosts
	host, port string // where it listens
	user       string
	identities []string // files of private keys
	agent      bool
	key        string // of identities, the file that was named
	login      Login
	known      []string // files of host keys
}

// lookUp reads ~/.ssh/config and the system's; what the address itself says comes first.
func lookUp(a Address) (h sshHost, err error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return h, errs.New(errs.Precondition, "your home folder, where ssh keeps its keys, is not known: %w", err).WithHint("set HOME")
	}
	config, err := readSSHConfig(filepath.Join(home, ".ssh", "config"), "/etc/ssh/ssh_config")
	if err != nil {
		return h, err
	}
	get := func(key string) string { return config.first(a.Host, key) }
	for _, key := range []string{"ProxyJump", "ProxyCommand"} {
		if v := get(key); v != "" && v != "none" {
			return h, errs.New(errs.Precondition, "~/.ssh/config reaches %s by %s, which Rondo does not do", a.Host, key).
				WithHint("open a tunnel (ssh -N -L 2222:%s:22 …) and use sftp://127.0.0.1:2222/…, or a host that can be reached directly", a.Host)
		}
	}
	h = sshHost{
		host: or(get("HostName"), a.Host), port: or(a.Port, get("Port"), "22"), user: or(a.User, get("User"), userName()),
		identities: config.all(a.Host, "IdentityFile"), agent: !strings.EqualFold(get("IdentitiesOnly"), "yes"),
	}
	h.host = strings.ReplaceAll(h.host, "%h", a.Host)
	h.name = or(get("HostKeyAlias"), h.host)
	if a.Key != "" {
		h.identities, h.key = append([]string{a.Key}, h.identities...), a.Key
	}
	h.login, h.agent = a.Login, h.agent && !a.Login.NoAgent
	if len(h.identities) == 0 {
		h.identities = []string{"~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa"}
	}
	h.known = strings.Fields(or(get("UserKnownHostsFile"), "~/.ssh/known_hosts ~/.ssh/known_hosts2"))
	h.known = append(h.known, strings.Fields(or(get("GlobalKnownHostsFile"), "/etc/ssh/ssh_known_hosts"))...)
	for _, list := range [][]string{h.identities, h.known} {
		for i, file := range list {
			list[i] = expand(strings.Trim(file, `"`), home, h)
		}
	}
	return h, nil
}

func or(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username[strings.LastIndexByte(u.Username, '\\')+1:]
	}
	return os.Getenv("USER")
}

// expand replaces what ssh_config(5) lets a file's name hold.
func expand(file, home string, h sshHost) string {
	if rest, ok := strings.CutPrefix(file, "~/"); ok {
		file = filepath.Join(home, filepath.FromSlash(rest))
	}
	return strings.NewReplacer("%d", home, "%h", h.host, "%r", h.user, "%p", h.port, "%%", "%").Replace(file)
}

type sshConfig []*ssh_config.Config

func readSSHConfig(files ...string) (sshConfig, error) {
	var all sshConfig
	for _, file := range files {
		if runtime.GOOS == "windows" && strings.HasPrefix(file, "/") {
			continue
		}
		f, err := os.Open(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, errs.New(errs.Precondition, "%s cannot be read: %w", file, err).WithHint("see whether you may read it")
		}
		c, err := ssh_config.Decode(f)
		f.Close()
		if err != nil && strings.HasPrefix(file, "/etc/") {
			continue // distributions write Match blocks there; nobody's keys are in it
		}
		if err != nil {
			return nil, errs.New(errs.Precondition, "%s cannot be understood: %w", file, err).
				WithHint("Rondo knows Host blocks and Include, and no Match; put the host above a Match, or into a file of its own")
		}
		all = append(all, c)
	}
	return all, nil
}

func (s sshConfig) first(host, key string) string {
	for _, c := range s {
		if v, err := c.Get(host, key); err == nil && v != "" {
			return v
		}
	}
	return ""
}

func (s sshConfig) all(host, key string) (list []string) {
	for _, c := range s {
		if v, err := c.GetAll(host, key); err == nil {
			list = append(list, v...)
		}
	}
	return list
}
