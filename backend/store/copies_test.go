package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/ref"
	"rondo/backend/store"
)

// TestEveryCopyIsVerified: of content that lies in two packs each copy is read, whichever of them is
// asked for, and the sound one mends the other.
func TestEveryCopyIsVerified(t *testing.T) {
	for _, second := range []bool{false, true} {
		dir := t.TempDir()
		var files []string
		for i := range 2 { // two programs that know nothing of each other
			apart := t.TempDir()
			s := mustOpen(t, apart)
			data := t.TempDir()
			for name, text := range map[string]string{"both": "in both", "apart": "apart " + string(rune('a'+i))} {
				check(t, os.WriteFile(filepath.Join(data, name), []byte(text), 0o644))
			}
			_, err := s.Take(ctx, data, store.Scan{})
			check(t, err)
			check(t, os.CopyFS(dir, os.DirFS(apart)))
		}
		for _, p := range packs(t, dir) {
			b, err := os.ReadFile(p)
			check(t, err)
			if bytes.Contains(b, []byte("in both")) {
				files = append(files, p)
			}
		}
		if len(files) != 2 {
			t.Fatal(files)
		}
		bad := files[0]
		if second {
			bad = files[1]
		}
		b, err := os.ReadFile(bad)
		check(t, err)
		b[bytes.Index(b, []byte("in both"))] ^= 1
		check(t, os.Chmod(bad, 0o644))
		check(t, os.WriteFile(bad, b, 0o644))
		s := mustOpen(t, dir)
		var named []ref.Digest
		note := func(i store.Info, _ error) { named = append(named, i.Digest) }
		if _, err := s.Verify(ctx, note); err != nil || len(named) != 1 || named[0] != ref.Of([]byte("in both")) {
			t.Fatalf("%v %v", named, err)
		}
		healed, err := s.HealByCopies(ctx, func(yield func(ref.Digest) bool) { yield(named[0]) })
		if err != nil || len(healed) != 1 {
			t.Fatalf("%v %v", healed, err)
		}
		for _, s := range []*store.Store{s, mustOpen(t, dir)} {
			named = nil
			if _, err := s.Verify(ctx, note); err != nil || len(named) > 0 {
				t.Errorf("healed, and then %v %v", named, err)
			}
			for _, text := range []string{"in both", "apart a", "apart b"} {
				if b, err := s.ReadAll(ctx, ref.Of([]byte(text)), 100); string(b) != text {
					t.Errorf("%q: %q %v", text, b, err)
				}
			}
		}
	}
}
