package metafile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/interop/dvc/dvctest"
	"rondo/backend/interop/dvc/metafile"
)

const hashScript = `
import sys, json
from dvc_data.hashfile.hash import file_md5
json.dump([[file_md5(p, name=n) for n in ("md5", "md5-dos2unix")] for p in json.load(sys.stdin)], sys.stdout)
`

// TestHashesAreDVCs hashes files that are text in one MiB and not in the next, and whose
// line ends lie across the border.
func TestHashesAreDVCs(t *testing.T) {
	r, dir := rand.New(rand.NewSource(3)), t.TempDir()
	const mib = 1 << 20
	text := bytes.Repeat([]byte("a,b\r\n"), mib/5+10)
	noise := make([]byte, mib)
	r.Read(noise)
	border := append(append(bytes.Repeat([]byte("x"), mib-1), "\r\n"...), "y\r\n"...)
	contents := [][]byte{
		{},
		[]byte("\r\n"), []byte("a\r\r\n\n"), []byte("\x00\r\n"), text, border, append(append([]byte{}, text[:mib]...), noise...),
		append(append([]byte{}, noise...), text...), append(bytes.Repeat([]byte("é"), 256), "\r\n"...), append(bytes.Repeat([]byte("é1234"), 100), "\r\n"...),
		append(append(bytes.Repeat([]byte("a"), 512), 0), "\r\n"...),
	}
	var paths []any
	for i, c := range contents {
		at := filepath.Join(dir, string(rune('a'+i)))
		if err := os.WriteFile(at, c, 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, at)
	}
	var want [][2]string
	if err := json.Unmarshal([]byte(dvctest.Python(t, hashScript, dvctest.JSON(paths))), &want); err != nil {
		t.Fatal(err)
	}
	differ := 0
	for i, c := range contents {
		plain, _, err1 := metafile.Sum(context.Background(), bytes.NewReader(c), metafile.MD5)
		unix, _, err2 := metafile.Sum(context.Background(), bytes.NewReader(c), metafile.Dos2Unix)
		if err1 != nil || err2 != nil || plain != want[i][0] || unix != want[i][1] {
			t.Errorf("content %d: %s %s, and DVC says %v", i, plain, unix, want[i])
		}
		if plain != unix {
			differ++
		}
	}
	if differ < 4 {
		t.Errorf("only %d of the contents have two hashes: they do not try the rule", differ)
	}
}
