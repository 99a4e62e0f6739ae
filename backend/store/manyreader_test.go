package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// shelf is a store of several packs with objects of all forms, in a random order.
func shelf(t *testing.T, n int) (s *store.Store, dir string, digests []ref.Digest, content map[ref.Digest][]byte) {
	t.Helper()
	dir = t.TempDir()
	s = mustOpen(t, dir)
	content = map[ref.Digest][]byte{}
	b := s.Batch()
	for i := range n {
		one := noise(uint64(i), 1+i*7919%9000)
		if i%5 == 0 {
			one = bytes.Repeat(fmt.Appendf(nil, "%d shrinks ", i), 300)
		}
		d, err := b.Add(one)
		must(t, err)
		digests, content[d] = append(digests, d), one
		if i%200 == 199 {
			must(t, b.Commit())
			b = s.Batch()
		}
	}
	must(t, b.Commit())
	large := noise(1, 3*store.Small)
	d := put(t, s, large)
	digests, content[d] = append(digests, d), large
	rand.Shuffle(len(digests), func(i, k int) { digests[i], digests[k] = digests[k], digests[i] })
	return s, dir, digests, content
}

// grouped divides digests by chance.
func grouped(digests []ref.Digest) (groups [][]ref.Digest) {
	for len(digests) > 0 {
		n := min(len(digests), rand.IntN(120))
		groups = append(groups, digests[:n])
		digests = digests[n:]
	}
	return groups
}

// readAll returns what a reader hands out, by number; nil for what came with a reason.
func readAll(t *testing.T, s *store.Store, digests []ref.Digest) (got [][]byte, reasons map[int]error) {
	t.Helper()
	r := s.ManyReader()
	defer r.Close()
	got, reasons = make([][]byte, len(digests)), map[int]error{}
	must(t, r.Each(t.Context(), grouped(digests), func(i int, c store.Content, err error) error {
		var b bytes.Buffer
		if err == nil {
			_, err = c.WriteTo(&b)
		}
		if got[i] != nil || reasons[i] != nil {
			t.Errorf("object %d comes twice", i)
		}
		if got[i] = b.Bytes(); err != nil {
			got[i], reasons[i] = nil, err
		}
		return nil
	}))
	return got, reasons
}

// TestManyAreReadTogether: whatever is asked for together comes once and as it is.
func TestManyAreReadTogether(t *testing.T) {
	s, _, digests, content := shelf(t, 900)
	for range 5 {
		some := digests[:rand.IntN(len(digests))]
		got, reasons := readAll(t, s, some)
		for i, d := range some {
			if reasons[i] != nil || !bytes.Equal(got[i], content[d]) {
				t.Fatalf("object %d of %d has %d bytes instead of %d: %v", i, len(some), len(got[i]), len(content[d]), reasons[i])
			}
		}
	}
}

// TestDamageAmongMany: of objects that are read with one call, exactly the damaged ones
// are refused, also where the pack is cut short.
func TestDamageAmongMany(t *testing.T) {
	s, dir, digests, content := shelf(t, 900)
	name := packs(t, dir)[1]
	must(t, os.Chmod(name, 0o644))
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	must(t, err)
	var lost []store.Info
	must(t, s.List(func(i store.Info) error {
		if dir+"/"+i.File == name {
			lost = append(lost, i)
		}
		return nil
	}))
	flipped, cut := lost[len(lost)/3], lost[len(lost)*2/3].Offset+1
	one := make([]byte, 1)
	must(t, second(f.ReadAt(one, flipped.Offset)))
	must(t, second(f.WriteAt([]byte{one[0] ^ 1}, flipped.Offset)))
	must(t, f.Truncate(cut))
	must(t, f.Close())
	bad := map[ref.Digest]bool{flipped.Digest: true}
	for _, i := range lost {
		if i.Offset+i.Stored > cut {
			bad[i.Digest] = true
		}
	}
	got, reasons := readAll(t, s, digests)
	for i, d := range digests {
		switch {
		case bad[d] && !errs.Is(reasons[i], errs.Corrupt):
			t.Errorf("object %d is damaged and comes with %v", i, reasons[i])
		case !bad[d] && !bytes.Equal(got[i], content[d]):
			t.Errorf("object %d is intact and comes with %v", i, reasons[i])
		}
	}
	if len(bad) < 50 || len(bad) > 200 {
		t.Errorf("%d objects are damaged, which shows little", len(bad))
	}
}

func second(_ int, err error) error { return err }

// TestManyReaderFollowsMerges: packs that another process has merged away since are found.
func TestManyReaderFollowsMerges(t *testing.T) {
	dir := t.TempDir()
	s := mustOpen(t, dir)
	var digests []ref.Digest
	content := map[ref.Digest][]byte{}
	for i := range 20 {
		one := noise(uint64(i), 3000)
		d := put(t, s, one)
		digests, content[d] = append(digests, d), one
	}
	reading, other := mustOpen(t, dir), mustOpen(t, dir)
	before := packs(t, dir)
	for i := range 80 {
		put(t, other, noise(uint64(100+i), 100))
	}
	if _, err := os.Stat(before[0]); err == nil {
		t.Fatal("nothing was merged")
	}
	got, reasons := readAll(t, reading, digests)
	for i, d := range digests {
		if !bytes.Equal(got[i], content[d]) {
			t.Errorf("object %d: %v", i, reasons[i])
		}
	}
}

// TestManyReaderEnds: with the caller's first error, with the context, and where the disk
// does not answer the reason comes with each object.
func TestManyReaderEnds(t *testing.T) {
	s, _, digests, _ := shelf(t, 100)
	r := s.ManyReader()
	defer r.Close()
	mine, calls := errors.New("mine"), 0
	err := r.Each(t.Context(), grouped(digests), func(int, store.Content, error) error { calls++; return mine })
	if !errors.Is(err, mine) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := r.Each(ctx, grouped(digests), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("given up, and it ends with %v", err)
	}
	fault.Fail(func(op string) error {
		if op == "read" {
			return syscall.EIO
		}
		return nil
	})
	defer fault.Fail(nil)
	if got, reasons := readAll(t, s, digests); len(reasons) != len(got) || !errs.Is(reasons[0], errs.Unavailable) {
		t.Errorf("of %d objects %d could not be read: %v", len(got), len(reasons), reasons[0])
	}
}
