package dvc

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
)

// The run cache notes which stage made what of what: runs/KK/KEY/VALUE in the cache, each
// the entry of a dvc.lock. The key is the SHA-256 of the entry's JSON with the paths of
// outs only, the value that with all of them; sizes count for neither.
var notHashed = []string{"size", "nfiles"}

func entryHash(m *Map) string {
	var b strings.Builder
	pythonJSON(&b, m, notHashed)
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// runKey is the key of a stage's runs.
func (s LockStage) runKey() string {
	m := s.value()
	paths := []any{}
	for _, o := range s.Outs {
		paths = append(paths, o.Path)
	}
	slices.SortFunc(paths, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	m.Set("outs", paths)
	return entryHash(m)
}

func (c Cache) runDir(key string) string { return filepath.Join(c.Dir, "runs", key[:2], key) }

// cachesRuns reports whether DVC notes the runs of a stage: it has a command, deps and outs
// in the project, and nothing that outlives a run.
func (p *Project) cachesRuns(s Stage) bool {
	if s.AlwaysChanged || s.Cmd == nil || len(s.Deps)+len(s.Params) == 0 || len(s.Outs) == 0 {
		return false
	}
	for _, d := range s.Deps {
		if _, err := p.place(s, d); err != nil {
			return false
		}
	}
	return !slices.ContainsFunc(s.Outs, func(o Out) bool {
		_, here := p.where(s.Wdir, o.Path)
		return !here || o.Persist
	})
}

// datedRun refuses dates among the params of a stage whose runs are noted: DVC has no word for
// them there, and fails.
func (p *Project) datedRun(s Stage) error {
	if !p.cachesRuns(s) {
		return nil
	}
	params, err := p.recordParams(s)
	if err != nil {
		return nil // whoever records them says why
	}
	for i := 0; i < params.Len(); i++ {
		if err := undated(params.Keys[i], params.vals[params.Keys[i]], Pos{}, ""); err != nil {
			return errs.New(errs.Precondition, "stage %s: %w", s.Name, err).WithHint("put it in quotes")
		}
	}
	return nil
}

// saveRun notes a run. What the stage makes without the cache comes into the cache here, and
// stays a file of its own, as git keeps it, where a run was restored by links.
func (p *Project) saveRun(ctx context.Context, s Stage, r LockStage) error {
	if !p.cachesRuns(s) {
		return nil
	}
	for i, o := range s.Outs {
		if in, _ := p.where(s.Wdir, o.Path); o.NoCache {
			if err := p.keep(ctx, in, r.Outs[i].Hash); err != nil {
				return err
			}
			if err := p.unprotect(in); err != nil {
				return err
			}
		}
	}
	at := filepath.Join(p.Cache.runDir(r.runKey()), entryHash(r.value()))
	if _, err := os.Stat(at); err == nil {
		return nil
	}
	if err := p.Cache.note(at, emit(r.value())); err != nil {
		return errs.New(errs.Unavailable, "DVC's run cache cannot be written: %w", err).WithHint("see whether the disk is full and whether you may write to %s", p.Cache.Dir)
	}
	return nil
}

const runTemporary = ".run.tmp" // begins the name of a folder in which a note of a run is made

// note writes a file of the run cache. Its folder appears together with it: DVC fails where it
// finds one that is empty, or that holds something else.
func (c Cache) note(at string, text []byte) error {
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

// recall finds the newest run that the run cache has under a key.
func (c Cache) recall(key string) (LockStage, bool) {
	list, err := os.ReadDir(c.runDir(key))
	if err != nil {
		return LockStage{}, false
	}
	newest, at := time.Time{}, ""
	for _, e := range list {
		if info, err := e.Info(); err == nil && !atomicfile.IsTemporary(e.Name()) && (at == "" || info.ModTime().After(newest)) {
			newest, at = info.ModTime(), filepath.Join(c.runDir(key), e.Name())
		}
	}
	info, err := os.Stat(at)
	if err != nil || info.Size() > maxMeta {
		return LockStage{}, false
	}
	b, err := os.ReadFile(at)
	if err != nil {
		return LockStage{}, false
	}
	v, err := parseYAML(at, b)
	if err != nil {
		return LockStage{}, false
	}
	s, err := readLockStage(at, "run", NewMap("run", v))
	return s, err == nil
}
