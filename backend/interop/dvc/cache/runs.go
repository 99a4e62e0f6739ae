package cache

import (
	"errors"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/fault"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/ref"
)

// RunDir is the folder of the runs under a key.
func (c Cache) RunDir(key string) string { return filepath.Join(c.Dir, "runs", key[:2], key) }

const runTemporary = ".run.tmp" // begins the name of a folder in which a note of a run is made

// NoteRun writes a file of the run cache. Its folder appears together with it: DVC fails where it
// finds one that is empty, or that holds something else.
func (c Cache) NoteRun(at string, text []byte) error {
	tmp, dir := filepath.Join(c.Dir, runTemporary+ref.NewID()), filepath.Dir(at)
	defer os.RemoveAll(tmp)
	err := errors.Join(os.MkdirAll(tmp, 0o755), os.MkdirAll(filepath.Dir(dir), 0o755))
	if err == nil {
		err = atomicfile.WriteFile(filepath.Join(tmp, filepath.Base(at)), text, 0o644)
	}
	if err != nil {
		return err
	}
	fault.Point("dvc.run-written")
	if os.Rename(tmp, dir) == nil { // also over an empty one
		return atomicfile.SyncDir(filepath.Dir(dir))
	}
	if err := os.Rename(filepath.Join(tmp, filepath.Base(at)), at); err != nil {
		return err
	}
	return atomicfile.SyncDir(dir)
}

// RecallRun finds the newest run that the run cache has under a key.
func (c Cache) RecallRun(key string) (metafile.LockStage, bool) {
	list, err := os.ReadDir(c.RunDir(key))
	if err != nil {
		return metafile.LockStage{}, false
	}
	newest, at := time.Time{}, ""
	for _, e := range list {
		if info, err := e.Info(); err == nil && !atomicfile.IsTemporary(e.Name()) && (at == "" || info.ModTime().After(newest)) {
			newest, at = info.ModTime(), filepath.Join(c.RunDir(key), e.Name())
		}
	}
	info, err := os.Stat(at)
	if err != nil || info.Size() > doc.MaxSize {
		return metafile.LockStage{}, false
	}
	b, err := os.ReadFile(at)
	if err != nil {
		return metafile.LockStage{}, false
	}
	v, err := doc.ParseYAML(at, b)
	if err != nil {
		return metafile.LockStage{}, false
	}
	s, err := metafile.ReadLockStage(at, "run", doc.NewMap("run", v))
	return s, err == nil
}

// RunNotes are the names of the notes in the cache.
func (c Cache) RunNotes() (map[string]bool, error) {
	list, err := filepath.Glob(filepath.Join(EscapeGlob(c.Dir), "runs", "??", "*", "*"))
	out := map[string]bool{}
	for _, at := range list {
		dir, value := filepath.Split(at)
		key := filepath.Base(dir)
		out[path.Join("runs", key[:min(2, len(key))], key, value)] = true
	}
	return out, err
}

// EscapeGlob is a folder as filepath.Glob takes it for itself.
func EscapeGlob(dir string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(dir)
}
