package store_test

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/remote"
	"rondo/backend/store"
)

// trickster is a remote that may be false in one way.
type trickster struct {
	remote.Remote
	get  func(name string, r io.ReadCloser) (io.ReadCloser, error)
	put  func(name string, content *io.SectionReader) (*io.SectionReader, error) // nil content: it is lost
	said bool                                                                    // it says that it checks what arrives

	getting func(name string, r io.ReadCloser) (io.ReadCloser, error) // what get becomes later
}

func (f *trickster) Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	r, err := f.Remote.Get(ctx, name, offset, length)
	if err == nil && f.get != nil && strings.HasSuffix(name, ".pack") {
		return f.get(name, r)
	}
	return r, err
}

func (f *trickster) Put(ctx context.Context, name string, content *io.SectionReader) (bool, error) {
	if f.put != nil {
		changed, err := f.put(name, content)
		if err != nil || changed == nil {
			return err == nil, err
		}
		content = changed
	}
	return f.Remote.Put(ctx, name, content)
}

func (f *trickster) Checks() bool { return f.said }

func random(n int, seed byte) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

// stocked is a store with small, squeezed and large objects.
func stocked(t *testing.T) (*store.Store, []ref.Digest) {
	t.Helper()
	s, err := store.Open(t.TempDir())
	check(t, err)
	var all []ref.Digest
	for _, b := range [][]byte{random(3000, 1), bytes.Repeat([]byte("squeeze "), 5000), random(3<<20, 2), {}} {
		d, _, err := s.Put(context.Background(), bytes.NewReader(b))
		check(t, err)
		all = append(all, d)
	}
	return s, all
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func far(t *testing.T, r remote.Remote) *store.Far {
	t.Helper()
	f, err := store.OpenFar(context.Background(), "box", r, t.TempDir())
	check(t, err)
	return f
}

func folder(t *testing.T, dir string) remote.Remote {
	t.Helper()
	r, err := remote.OpenFolder(dir)
	check(t, err)
	t.Cleanup(func() { r.Close() })
	return r
}

// TestARemoteThatLosesOrChangesWhatItGets is named when it does, by the one who sends.
func TestARemoteThatLosesOrChangesWhatItGets(t *testing.T) {
	s, all := stocked(t)
	for what, put := range map[string]func(string, *io.SectionReader) (*io.SectionReader, error){
		"loses it": func(string, *io.SectionReader) (*io.SectionReader, error) { return nil, nil },
		"cuts it short": func(_ string, c *io.SectionReader) (*io.SectionReader, error) {
			return io.NewSectionReader(c, 0, c.Size()/2), nil
		},
		"flips one bit": func(_ string, c *io.SectionReader) (*io.SectionReader, error) {
			b, _ := io.ReadAll(c)
			b[len(b)/2] ^= 1
			return remote.Content(b), nil
		},
		"keeps too much": func(_ string, c *io.SectionReader) (*io.SectionReader, error) {
			b, _ := io.ReadAll(c)
			return remote.Content(append(b, 0)), nil
		},
	} {
		f := far(t, &trickster{Remote: folder(t, t.TempDir()), put: put})
		if _, err := f.Send(context.Background(), s, all); !errs.Is(err, errs.Corrupt) || !strings.Contains(err.Error(), "box") {
			t.Errorf("a remote that %s: %v", what, err)
		}
	}
	// One that claims to check what arrives is not read back, but what it lost is missed.
	lost := &trickster{Remote: folder(t, t.TempDir()), said: true, put: func(string, *io.SectionReader) (*io.SectionReader, error) { return nil, nil }}
	if _, err := far(t, lost).Send(context.Background(), s, all); !errs.Is(err, errs.Corrupt) {
		t.Errorf("a remote that loses what it says it has checked: %v", err)
	}
}

// TestNothingDamagedArrives flips every 2,503rd byte of what a remote gives, one after the
// other, and fetches each time: what is not what was asked for is never stored.
func TestNothingDamagedArrives(t *testing.T) {
	ctx := context.Background()
	s, all := stocked(t)
	dir := t.TempDir()
	if _, err := far(t, folder(t, dir)).Send(ctx, s, all); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for at := int64(0); at < 20_000; at += 2503 {
		f := far(t, folder(t, dir))
		bad := &trickster{Remote: folder(t, dir), get: func(_ string, r io.ReadCloser) (io.ReadCloser, error) {
			return struct {
				io.Reader
				io.Closer
			}{&flip{r: r, at: at}, r}, nil
		}}
		f.Swap(bad)
		to, err := store.Open(t.TempDir())
		check(t, err)
		_, err = to.Receive(ctx, f, all)
		if errs.Is(err, errs.Corrupt) {
			refused++
		}
		n, verr := to.Verify(ctx, func(i store.Info, err error) { t.Errorf("byte %d: damaged content was stored: %v", at, err) })
		check(t, verr)
		for _, d := range all {
			if err == nil && !to.Has(d) {
				t.Errorf("byte %d: it is said to be there, and is not (%d objects)", at, n)
			}
		}
	}
	if refused < 6 {
		t.Errorf("only %d of 8 fetches were refused", refused)
	}
}

type flip struct {
	r  io.Reader
	at int64
}

func (f *flip) Read(b []byte) (int, error) {
	n, err := f.r.Read(b)
	if f.at >= 0 && f.at < int64(n) {
		b[f.at] ^= 0x10
	}
	f.at -= int64(n)
	return n, err
}

// TestAConnectionThatBreaksIsTriedAgain, and one that stays broken is an error that may pass.
func TestAConnectionThatBreaksIsTriedAgain(t *testing.T) {
	ctx := context.Background()
	s, all := stocked(t)
	var fails atomic.Int32
	broken := errs.New(errs.Unavailable, "the line is dead")
	r := &trickster{Remote: folder(t, t.TempDir())}
	r.put = func(_ string, c *io.SectionReader) (*io.SectionReader, error) {
		if fails.Add(-1) >= 0 {
			return nil, broken
		}
		return c, nil
	}
	f := far(t, r)
	fails.Store(2)
	if _, err := f.Send(ctx, s, all); err != nil {
		t.Fatalf("two failures: %v", err)
	}
	missing, err := f.Whole(ctx, all)
	if err != nil || len(missing) > 0 {
		t.Fatalf("%v %v", missing, err)
	}
	fails.Store(1 << 20)
	d, err := s.PutBytes(ctx, []byte("more"))
	check(t, err)
	if _, err := f.Send(ctx, s, []ref.Digest{d}); !errs.Is(err, errs.Unavailable) || f.There(d) {
		t.Errorf("a line that stays dead: %v", err)
	}
}

// TestAListThatLiesIsNotTaken: chunks that are all intact, but not those of the object.
func TestAListThatLiesIsNotTaken(t *testing.T) {
	ctx := context.Background()
	s, all := stocked(t)
	dir := t.TempDir()
	if _, err := far(t, folder(t, dir)).Send(ctx, s, all); err != nil {
		t.Fatal(err)
	}
	other := store.ForgedList(t, dir, all[2])
	to, err := store.Open(t.TempDir())
	check(t, err)
	if _, err := to.Receive(ctx, far(t, folder(t, other)), all[2:3]); !errs.Is(err, errs.Corrupt) || to.Has(all[2]) {
		t.Errorf("a forged list: %v, kept: %v", err, to.Has(all[2]))
	}
	// The rest of that remote is of use.
	if _, err := to.Receive(ctx, far(t, folder(t, other)), all[:1]); err != nil {
		t.Error(err)
	}
}

// TestTransfersTellHowFarTheyAre: what they say that is to be done is what is done, there
// and back.
func TestTransfersTellHowFarTheyAre(t *testing.T) {
	s, all := stocked(t)
	f := far(t, folder(t, t.TempDir()))
	for _, move := range []func(other *store.Store) (store.Moved, error){
		func(*store.Store) (store.Moved, error) { return f.Send(t.Context(), s, all) },
		func(other *store.Store) (store.Moved, error) { return other.Receive(t.Context(), f, all) },
	} {
		other, err := store.Open(t.TempDir())
		check(t, err)
		var done store.Count
		objects, bytes := int64(0), int64(0)
		f.Track(&done, func(o, b int64) { objects, bytes = objects+o, bytes+b })
		m, err := move(other)
		if err != nil || m.Objects < 20 || objects < int64(m.Objects)-1 || done.Files.Load() < objects-1 || done.Bytes.Load() < bytes*9/10 || bytes < 3<<20 {
			t.Errorf("moved %+v (%v), told %d objects with %d bytes, counted %d with %d", m, err, objects, bytes, done.Files.Load(), done.Bytes.Load())
		}
	}
}
