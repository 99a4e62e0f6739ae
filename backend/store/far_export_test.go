package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/ref"
	"rondo/backend/remote"
)

// Swap puts another remote in the place of the one that was looked at.
func (f *Far) Swap(r remote.Remote) { f.r = r }

// ForgedList copies a remote, with a list for the digest that names the chunks in another order.
func ForgedList(t *testing.T, dir string, d ref.Digest) string {
	t.Helper()
	ctx, forged := context.Background(), t.TempDir()
	r, err := remote.OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	f, err := OpenFar(ctx, "source", r, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := newCargo()
	var all []ref.Digest
	for _, p := range f.packs {
		for _, r := range p.rows {
			all = append(all, r.digest)
		}
	}
	for _, one := range all {
		err := f.fetch(ctx, []ref.Digest{one}, func(e farEntry, raw, _ []byte) error {
			if e.d == d {
				list, err := decodeList(raw)
				list[0], list[1] = list[1], list[0]
				raw = encodeList(list)
				if err != nil {
					return err
				}
			}
			c.add(e.d, raw, e.at.form)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	name, _ := c.seal()
	at := filepath.Join(forged, farDir, packsDir)
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(at, name+packExt), c.b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return forged
}
