// Package remotetest starts the servers that the tests of remotes talk to: OpenSSH's sshd,
// and an S3 store. Where one is not installed it says so and the test is skipped.
package remotetest

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
)

// SSHD is a server for one test, whose files lie in Home: the person's keys and known hosts.
type SSHD struct {
	Home string
	Port string
	User string
	Key  ssh.PublicKey // of the host
	cmd  *exec.Cmd
}

// StartSSHD starts a private server and makes HOME a folder from which it can be reached
// as the host "box".
func StartSSHD(t testing.TB) *SSHD {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/sshd")
	if err != nil {
		t.Skip("skipped: OpenSSH's sshd is not installed (build/packages.sh test)")
	}
	me, err := user.Current()
	must(t, err)
	s := &SSHD{Home: t.TempDir(), Port: freePort(t), User: me.Username}
	if me.Uid == "0" {
		must(t, os.MkdirAll("/run/sshd", 0o755))
	}
	mine := key(t, filepath.Join(s.Home, ".ssh", "id_ed25519"))
	s.Key = key(t, filepath.Join(s.Home, "host_key"))
	s.Write(t, "authorized_keys", string(ssh.MarshalAuthorizedKey(mine)))
	s.Write(t, ".ssh/known_hosts", fmt.Sprintf("[127.0.0.1]:%s %s", s.Port, ssh.MarshalAuthorizedKey(s.Key)))
	s.Write(t, ".ssh/config", fmt.Sprintf("Host box\n  HostName 127.0.0.1\n  Port %s\n  User %s\n  IdentityFile ~/.ssh/id_ed25519\n", s.Port, s.User))
	s.Write(t, "sshd_config", fmt.Sprintf(`ListenAddress 127.0.0.1
Port %s
HostKey %s
AuthorizedKeysFile %s
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
MaxSessions 64
Subsystem sftp internal-sftp
`, s.Port, filepath.Join(s.Home, "host_key"), filepath.Join(s.Home, "authorized_keys")))
	t.Setenv("HOME", s.Home)
	t.Setenv("SSH_AUTH_SOCK", "")
	s.start(t, program)
	return s
}

// Address is that of a folder of the server.
func (s *SSHD) Address(dir string) string { return "sftp://box" + dir }

// Write writes a file of the home.
func (s *SSHD) Write(t testing.TB, name, text string) {
	t.Helper()
	file := filepath.Join(s.Home, filepath.FromSlash(name))
	must(t, os.MkdirAll(filepath.Dir(file), 0o700))
	must(t, os.WriteFile(file, []byte(text), 0o600))
}

func (s *SSHD) start(t testing.TB, program string) {
	t.Helper()
	var said bytes.Buffer
	s.cmd = exec.Command(program, "-D", "-e", "-f", filepath.Join(s.Home, "sshd_config"))
	s.cmd.Stderr = &said
	must(t, s.cmd.Start())
	t.Cleanup(func() {
		s.cmd.Process.Kill()
		s.cmd.Wait()
	})
	if !answers("127.0.0.1:"+s.Port, time.Minute) {
		t.Fatalf("sshd does not answer: %s", said.String())
	}
}

// key makes a key pair, writes the private one and returns the public one.
func key(t testing.TB, file string) ssh.PublicKey {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	must(t, err)
	block, err := ssh.MarshalPrivateKey(private, "")
	must(t, err)
	must(t, os.MkdirAll(filepath.Dir(file), 0o700))
	must(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
	k, err := ssh.NewPublicKey(public)
	must(t, err)
	return k
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// answers waits until somebody takes a connection.
func answers(address string, atMost time.Duration) bool {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(atMost); time.Now().Before(end); <-tick.C {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return true
		}
	}
	return false
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
