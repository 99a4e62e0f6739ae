package dvc

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// SpoilBerth leaves a part of a file as a call that was cut off would have, with a byte of it changed.
func SpoilBerth(t *testing.T, from, to string, part []byte, at int) {
	t.Helper()
	b, err := openBerth(from, to)
	if err != nil {
		t.Fatal(err)
	}
	b.lock.Unlock()
	whole, err := os.ReadFile(to[:len(to)-1])
	if err != nil {
		t.Fatal(err)
	}
	sum := md5.Sum(whole)
	tags, _ := json.Marshal(map[string]string{"": "md5 " + hex.EncodeToString(sum[:])})
	spoilt := append([]byte{}, part...)
	spoilt[at] ^= 1
	for name, text := range map[string][]byte{tagsName: tags, arrived: spoilt} {
		if err := os.WriteFile(filepath.Join(b.dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
