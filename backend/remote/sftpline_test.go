package remote_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"

	"rondo/backend/errs"
	"rondo/backend/remote"
	"rondo/backend/remote/remotetest"
)

// cable leads to a server and can be pulled.
type cable struct {
	port string
	pull atomic.Int64 // after so many more bytes to the server; below 0: not
	cuts atomic.Int32
}

func layCable(t *testing.T, to string) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { l.Close() })
	c := &cable{}
	c.pull.Store(-1)
	_, c.port, _ = net.SplitHostPort(l.Addr().String())
	go func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", to)
			if err != nil {
				here.Close()
				continue
			}
			go func() { _, _ = io.Copy(here, there); here.Close() }()
			go c.carry(there, here)
		}
	}()
	return c
}

// carry passes on what is sent, until the cable is pulled.
func (c *cable) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		if err != nil {
			return
		}
		if left := c.pull.Load(); left >= 0 && c.pull.Add(-int64(n)) < 0 {
			c.pull.Store(-1)
			c.cuts.Add(1)
			return
		}
		if _, err := to.Write(b[:n]); err != nil {
			return
		}
	}
}

// TestABrokenConnectionIsOpenedAnew: whoever tries again goes on, and what was being written when the
// cable was pulled is not there in part.
func TestABrokenConnectionIsOpenedAnew(t *testing.T) {
	s := remotetest.StartSSHD(t)
	c := layCable(t, "127.0.0.1:"+s.Port)
	s.Write(t, ".ssh/config", fmt.Sprintf("Host box\n  HostName 127.0.0.1\n  Port %s\n  User %s\n  IdentityFile ~/.ssh/id_ed25519\n", c.port, s.User))
	s.Write(t, ".ssh/known_hosts", fmt.Sprintf("[127.0.0.1]:%s %s", c.port, ssh.MarshalAuthorizedKey(s.Key)))
	r := open(t, s.Address(t.TempDir()+"/far"))
	b := noise(3 << 20)
	for i := range 3 {
		name := fmt.Sprintf("objects/%d", i)
		c.pull.Store(int64(i+1) * 700_000)
		tries := 0
		err := remote.Again(t.Context(), func() error {
			if tries++; tries == 2 && len(names(t, r, "objects")) > i {
				t.Errorf("%s is there in part", name)
			}
			_, err := r.Put(t.Context(), name, remote.Content(b))
			return err
		})
		if err != nil || tries != 2 {
			t.Fatalf("%s: %v after %d", name, err, tries)
		}
		if got := get(t, r, name, 0, -1); !bytes.Equal(got, b) {
			t.Errorf("%s is something else: %d bytes", name, len(got))
		}
	}
	if c.cuts.Load() != 3 {
		t.Errorf("cut %d times", c.cuts.Load())
	}
	// One who gives up takes the connection along, and nobody else is lost for that.
	c.pull.Store(0)
	if _, err := r.Sizes(t.Context(), []string{"objects/0"}); !errs.Is(err, errs.Unavailable) || errs.HintOf(err) == "" {
		t.Errorf("%v", err)
	}
	if sizes, err := r.Sizes(t.Context(), []string{"objects/0"}); err != nil || sizes["objects/0"] != 3<<20 {
		t.Errorf("%v %v", sizes, err)
	}
}
