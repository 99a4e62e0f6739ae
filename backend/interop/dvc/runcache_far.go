package dvc

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/remote"
)

// runNote is the name of a note of the run cache, in the cache and in a remote: its key and the
// hash of what it says.
var runNote = regexp.MustCompile(`^runs/([0-9a-f]{2})/([0-9a-f]{64})/([0-9a-f]{64})$`)

// runs moves the notes of the run cache that one side lacks. What they name is moved with the
// commits that name it, as with dvc 3.
func (x *exchanging) runs(ctx context.Context) error {
	f, err := x.openFar(ctx, x.in.Remote)
	if err != nil {
		return err
	}
	r, ok := f.(remote.Remote)
	if _, versions := f.(*versions); !ok || versions {
		return errs.New(errs.Precondition, "such a remote keeps no run cache").WithHint("leave out --run-cache; a folder, ssh and S3 without versions have one")
	}
	there := map[string]bool{}
	err = r.List(ctx, "runs", func(b remote.Blob) error {
		there[b.Name] = true
		return nil
	})
	if err != nil {
		return err
	}
	here, err := x.p.Cache.RunNotes()
	if err != nil {
		return err
	}
	from, to, move := here, there, x.pushRun
	if x.bring {
		from, to, move = there, here, x.fetchRun
	}
	var list []string
	for name := range from {
		if at := runNote.FindStringSubmatch(name); at != nil && strings.HasPrefix(at[2], at[1]) && !to[name] {
			list = append(list, name)
		}
	}
	var mu sync.Mutex
	return each(ctx, list, func(name string) error {
		err := move(ctx, r, name)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errs.Is(err, errs.Corrupt):
			x.done.BadRuns = append(x.done.BadRuns, name)
			return nil
		case err == nil:
			x.done.Runs++
		}
		return err
	})
}

func (x *exchanging) pushRun(ctx context.Context, r remote.Remote, name string) error {
	text, err := os.ReadFile(filepath.Join(x.p.Cache.Dir, filepath.FromSlash(name)))
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "read the run cache")
	}
	if err := soundRun(name, text); err != nil {
		return err
	}
	_, err = r.Put(ctx, name, remote.Content(text))
	return err
}

func (x *exchanging) fetchRun(ctx context.Context, r remote.Remote, name string) error {
	text, err := remote.Read(ctx, r, name, doc.MaxSize)
	if err == nil {
		err = soundRun(name, text)
	}
	if err != nil {
		return err
	}
	at := filepath.Join(x.p.Cache.Dir, filepath.FromSlash(name))
	if err := x.p.Cache.NoteRun(at, text); err != nil {
		return errs.New(errs.Unavailable, "DVC's run cache cannot be written: %w", err).WithHint("see whether the disk is full and whether you may write to %s", x.p.Cache.Dir)
	}
	return nil
}

// soundRun compares a note with its name: nothing that is damaged is passed on.
func soundRun(name string, text []byte) error {
	at := runNote.FindStringSubmatch(name)
	v, err := doc.ParseYAML(name, text)
	if err == nil {
		var s metafile.LockStage
		if s, err = metafile.ReadLockStage(name, "run", doc.NewMap("run", v)); err == nil && s.RunKey() == at[2] && metafile.EntryHash(s.Value()) == at[3] {
			return nil
		}
	}
	return errs.New(errs.Corrupt, "the note %s of the run cache is damaged: it says something else than its name", name)
}
