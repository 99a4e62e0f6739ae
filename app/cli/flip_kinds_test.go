package cli_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	ids    = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|(tr-)?[0-9a-f]{16,}|\b\d{6}\b`)
	models = regexp.MustCompile(`/m-[0-9a-f*]+/`)
	spread = regexp.MustCompile(`objects/[0-9a-f]{2}/`)
)

// kindOf is what a file of the project folder, or of a remote, is, whatever its ids are.
func kindOf(path string) string {
	path = ids.ReplaceAllString(filepath.ToSlash(path), "*")
	path = spread.ReplaceAllString(models.ReplaceAllString(path, "/m-*/"), "objects/*/")
	switch {
	case strings.Contains(path, "/stages/"):
		return filepath.ToSlash(filepath.Dir(path))
	case strings.HasSuffix(path, ".snap"):
		return "*.snap"
	}
	return path
}

// personal leaves of a person's own files the topmost name.
func personal(kind string) string {
	if strings.HasPrefix(kind, ".rondo/") || kind == "*.snap" {
		return kind
	}
	return strings.SplitN(kind, "/", 2)[0]
}

// kindsIn finds a file of every kind, the one that holds most.
func kindsIn(t *testing.T, dir string, name func(string) string) map[string]string {
	t.Helper()
	kinds, sizes := map[string]string{}, map[string]int64{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		if err := os.Chmod(path, 0o644); err != nil { // objects may not be written to
			return err
		}
		rel, _ := filepath.Rel(dir, path)
		info, err := e.Info()
		if kind := name(kindOf(rel)); err == nil && (kinds[kind] == "" || info.Size() > sizes[kind]) {
			kinds[kind], sizes[kind] = path, info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

// ends are the bytes of a pack that are not its entries': of its first line, its index and its footer.
func ends(whole []byte) (list []int) {
	const head, footer = 13, 56
	if !bytes.HasPrefix(whole, []byte("rondo pack ")) {
		return nil
	}
	start := 0
	for _, b := range whole[len(whole)-footer+32 : len(whole)-footer+40] {
		start = start<<8 | int(b)
	}
	for i := range head {
		list = append(list, i)
	}
	for i := start; i < len(whole); i += 7 {
		list = append(list, i)
	}
	return list
}

// found are the names of the files that a verification of the remote complains of.
func (w *world) found() (names string) {
	w.t.Helper()
	r := w.run("--json", "data", "verify", "--remote", "disk")
	var v struct {
		OK       bool
		Problems []struct{ File, Message string }
		Spare    []struct{ File string }
	}
	if err := json.Unmarshal([]byte(r.out), &v); err != nil { // it could not even be opened, which has a reason
		return r.err
	}
	for _, p := range v.Problems {
		names += p.File + " " + p.Message + "\n"
	}
	for _, p := range v.Spare {
		names += p.File + "\n"
	}
	if v.OK == (r.code != 0) || v.OK && names != "" && len(v.Problems) > 0 {
		w.t.Errorf("code %d for %+v", r.code, v)
	}
	return names
}
