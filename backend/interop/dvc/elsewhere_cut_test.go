package dvc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/remote/remotetest"
)

// cutting lets a store cut off what it sends of one blob after so many bytes, and counts all it sends of it.
type cutting struct {
	name string
	sent atomic.Int64

	mu    sync.Mutex
	tag   string
	body  []byte
	after int // 0: it sends all
}

// sends says what it sends from now on.
func (c *cutting) sends(tag string, body []byte, after int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tag, c.body, c.after = tag, body, after
}

func (c *cutting) meddle(w http.ResponseWriter, r *http.Request, name string) bool {
	if r.Method != http.MethodGet || name != c.name {
		return false
	}
	c.mu.Lock()
	tag, body, after := c.tag, c.body, c.after
	c.mu.Unlock()
	from := 0
	if n, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil && n == 1 {
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(body)-1, len(body)))
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(body)-from))
	w.Header().Set("ETag", tag)
	w.Header().Set("Last-Modified", time.Unix(1e9, 0).UTC().Format(http.TimeFormat))
	if from > 0 {
		w.WriteHeader(http.StatusPartialContent)
	}
	rest := body[from:]
	if after > 0 {
		rest = rest[:min(after, len(rest))]
	}
	n, _ := w.Write(rest)
	c.sent.Add(int64(n))
	if len(rest) < len(body)-from {
		w.(http.Flusher).Flush()
		remotetest.Cut(w)
	}
	return true
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

// TestAGetThatIsCutOffGoesOn: what has come is kept, told of, and not fetched again, of a repository's
// remote and of an address; nothing appears before all of it is there.
func TestAGetThatIsCutOffGoesOn(t *testing.T) {
	ctx, body := context.Background(), random(2<<20)
	dir, s3 := onFakeS3(t, 1, 0)
	if err := os.WriteFile(filepath.Join(dir, "big.bin"), body, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Add(ctx, "big.bin"); err != nil {
		t.Fatal(err)
	}
	if _, err := open(t, dir).Push(ctx, dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(dir, ".dvc/cache")), os.Remove(filepath.Join(dir, "big.bin"))); err != nil {
		t.Fatal(err)
	}
	name := ""
	s3.Change(func(blobs map[string][]byte) {
		for at, b := range blobs {
			if bytes.Equal(b, body) {
				name = at
			}
		}
	})
	for what, get := range map[string]func(to string) (dvc.Got, error){
		"get": func(to string) (dvc.Got, error) {
			return open(t, dir).Get(ctx, dvc.Elsewhere{From: dir, Path: "big.bin"}, to, false)
		},
		"get-url": func(to string) (dvc.Got, error) {
			return open(t, dir).GetAddress(ctx, "remote://far/"+strings.TrimPrefix(name, "data/"), to, false)
		},
	} {
		t.Run(what, func(t *testing.T) {
			top := t.TempDir()
			to := filepath.Join(top, "here.bin")
			c := &cutting{name: name, tag: `"1"`, body: body, after: 300_000}
			s3.Meddle = c.meddle
			_, err := get(to)
			if !errs.Is(err, errs.Unavailable) || !strings.Contains(errs.HintOf(err), "goes on from there") {
				t.Fatalf("%v; %s", err, errs.HintOf(err))
			}
			if _, err := os.Stat(to); err == nil {
				t.Error("a part of it is there")
			}
			c.sends(`"1"`, body, 0)
			got, err := get(to)
			if b, _ := os.ReadFile(to); err != nil || !bytes.Equal(b, body) || got.Bytes != int64(len(body)) {
				t.Errorf("%+v %v", got, err)
			}
			if n := c.sent.Load(); n > int64(len(body))+100_000 {
				t.Errorf("%d bytes were sent of %d", n, len(body))
			}
			if left, _ := os.ReadDir(top); len(left) != 1 {
				t.Errorf("it left %v", left)
			}
		})
	}
	t.Run("another content", func(t *testing.T) {
		to := filepath.Join(t.TempDir(), "here.bin")
		c := &cutting{name: name, tag: `"1"`, body: body, after: 300_000}
		s3.Meddle = c.meddle
		address := "remote://far/" + strings.TrimPrefix(name, "data/")
		if _, err := open(t, dir).GetAddress(ctx, address, to, false); err == nil {
			t.Fatal("it was not cut off")
		}
		other := random(2<<20 + 5)[5:]
		c.sends(`"2"`, other, 0)
		s3.Meddle = func(w http.ResponseWriter, r *http.Request, at string) bool {
			if r.Method == http.MethodHead && at == name {
				w.Header().Set("ETag", `"2"`)
				w.Header().Set("Last-Modified", time.Unix(1e9, 0).UTC().Format(http.TimeFormat))
				w.Header().Set("Content-Length", fmt.Sprint(len(other)))
				return true
			}
			return c.meddle(w, r, at)
		}
		if _, err := open(t, dir).GetAddress(ctx, address, to, false); err != nil {
			t.Fatal(err)
		}
		if b, _ := os.ReadFile(to); !bytes.Equal(b, other) {
			t.Error("it is put together of two contents")
		}
	})
}

// TestWhatHadComeAndIsDamagedComesAnew.
func TestWhatHadComeAndIsDamagedComesAnew(t *testing.T) {
	ctx, body := context.Background(), random(1<<20)
	dir := folder(t, map[string]string{".dvc/config": "[core]\n    no_scm = true\n"})
	if err := os.WriteFile(filepath.Join(dir, "big.bin"), body, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := open(t, dir).Add(ctx, "big.bin"); err != nil {
		t.Fatal(err)
	}
	top := t.TempDir()
	to := filepath.Join(top, "here.bin")
	in := dvc.Elsewhere{From: dir, Path: "big.bin"}
	if _, err := open(t, dir).Get(ctx, in, to, false); err != nil {
		t.Fatal(err)
	}
	dvc.SpoilBerth(t, in.From+"\x00"+in.Path, to+"2", body[:500_000], 1000)
	if _, err := open(t, dir).Get(ctx, in, to+"2", false); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(to + "2"); !bytes.Equal(b, body) {
		t.Error("it is something else")
	}
}
