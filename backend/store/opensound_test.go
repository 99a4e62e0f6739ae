package store_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// TestWhoStopsEarlyGetsNoDamagedByte: small, compressed, large and linked content of which one byte is
// other, read up to any place by somebody who never comes to the end.
func TestWhoStopsEarlyGetsNoDamagedByte(t *testing.T) {
	texts := map[string][]byte{
		"small": noise(41, 1000), "text": bytes.Repeat([]byte("some words "), 20_000), "large": noise(42, 5<<20), "old": noise(43, 3<<20),
	}
	for what, whole := range texts {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			s := mustOpen(t, dir)
			d, file := ref.Of(whole), ""
			if what == "old" {
				file = filepath.Join(dir, d.String()[:2], d.String()[2:])
				check(t, os.MkdirAll(filepath.Dir(file), 0o755))
				check(t, os.WriteFile(file, whole, 0o644))
			} else if _, _, err := s.Put(ctx, bytes.NewReader(whole)); err != nil {
				t.Fatal(err)
			} else {
				file = packs(t, dir)[0]
			}
			r, err := s.OpenSound(ctx, d)
			check(t, err)
			if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, whole) {
				t.Fatalf("%d of %d bytes, %v", len(b), len(whole), err)
			}
			check(t, r.Close())
			stored, err := os.ReadFile(file)
			check(t, err)
			for _, share := range []int{100, 10, 3, 2} {
				bad := bytes.Clone(stored)
				bad[20+len(bad)/share/2] ^= 1
				check(t, os.Chmod(file, 0o644))
				check(t, os.WriteFile(file, bad, 0o644))
				b := firstHalf(s.OpenSound(ctx, d))
				if !bytes.HasPrefix(whole, b) {
					t.Errorf("damaged at 1/%d: what comes is not what was stored", 2*share)
				}
				if share > 2 && len(b) >= len(whole)/2 {
					t.Errorf("damaged at 1/%d, and nobody is told", 2*share)
				}
			}
			check(t, os.WriteFile(file, stored, 0o644))
			if b := firstHalf(mustOpen(t, dir).OpenSound(ctx, d)); !bytes.HasPrefix(whole, b) || len(b) < len(whole)/2 {
				t.Errorf("put back: %d bytes", len(b))
			}
		})
	}
	if _, err := mustOpen(t, t.TempDir()).OpenSound(ctx, ref.Of([]byte("not here"))); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

// firstHalf reads up to an error, and of what is whole a few megabytes at most.
func firstHalf(r io.ReadCloser, err error) []byte {
	if err != nil {
		return nil
	}
	defer r.Close()
	b := make([]byte, 3<<20)
	n, _ := io.ReadFull(r, b)
	return b[:n]
}
