package dvc

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"rondo/backend/errs"
	"rondo/backend/remote"
)

// arriving is a file that is written where a person wants it, outside of what DVC tracks.
type arriving struct {
	path string // below the target; empty: it is the target
	exec bool
	tag  string // what says that the content is the same as when a part of it came; empty: nothing does

	// fill writes what a file lacks that has so many bytes of it, and compares all of it with
	// what is known. It returns the length of all.
	fill func(ctx context.Context, w *os.File, has int64) (int64, error)
}

// Got is what was brought to a place.
type Got struct {
	Path  string `json:"path"`
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
}

// arrive writes files beside a target and then puts them there, so that it appears whole or not at
// all. What has come when that is cut off stays, and the same call goes on from there. Where the
// target is there already, force replaces file by file, and leaves others in it alone.
func arrive(ctx context.Context, from, to string, files []arriving, force bool) (got Got, err error) {
	if _, err := os.Lstat(to); err == nil && !force {
		return got, errs.New(errs.Conflict, "%s is there already", to).WithHint("--force replaces it, --to PATH puts what comes elsewhere")
	}
	b, err := openBerth(from, to)
	if err != nil {
		return got, cannotWrite(to, err)
	}
	defer func() { err = b.close(err) }()
	if err := b.ready(files); err != nil {
		return got, cannotWrite(to, err)
	}
	countOf(ctx).expect(len(files))
	sizes := make([]int64, len(files))
	err = each(ctx, indexes(files), func(i int) (err error) {
		sizes[i], err = files[i].write(ctx, b.root)
		return err
	})
	if err != nil {
		return got, err
	}
	for _, n := range sizes {
		got.Bytes += n
	}
	got.Path, got.Files = to, len(files)
	return got, putThere(b.dir, to, files)
}

const arrived = "new" // what is to become the target

// write brings a file, again where the connection fails, and goes on with what of it is there.
func (f arriving) write(ctx context.Context, root *os.Root) (n int64, err error) {
	name, mode := path.Join(arrived, f.path), fs.FileMode(0o644)
	if f.exec {
		mode = 0o755
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return 0, cannotWrite(f.path, err)
	}
	w, err := root.OpenFile(name, os.O_RDWR|os.O_CREATE, mode)
	if err != nil {
		return 0, cannotWrite(f.path, err)
	}
	err = remote.Again(ctx, func() error {
		has, err := w.Seek(0, io.SeekEnd)
		if err == nil && f.tag == "" {
			has, err = 0, errors.Join(w.Truncate(0), rewound(w))
		}
		if err != nil {
			return cannotWrite(f.path, err)
		}
		n, err = f.fill(ctx, w, has)
		return err
	})
	if sync := errors.Join(w.Sync(), w.Close()); err == nil && sync != nil {
		err = cannotWrite(f.path, sync)
	}
	if errs.Is(err, errs.Corrupt) || errs.Is(err, errs.Precondition) { // nothing of it is of use
		_ = root.Remove(name)
	}
	if err == nil {
		countOf(ctx).moved()
	}
	return n, err
}

func rewound(w *os.File) error {
	_, err := w.Seek(0, io.SeekStart)
	return err
}

// putThere moves what has arrived to its target.
func putThere(tmp, to string, files []arriving) error {
	was, err := os.Stat(to)
	if err != nil {
		if len(files) == 0 {
			err = os.Mkdir(to, 0o755)
		} else {
			err = os.Rename(filepath.Join(tmp, arrived), to)
		}
		if err != nil {
			return cannotWrite(to, err)
		}
		return nil
	}
	folder := len(files) != 1 || files[0].path != ""
	if was.IsDir() != folder {
		return errs.New(errs.Conflict, "%s is there already, and it is not of the same sort: one is a file, the other a folder", to).WithHint("move it away, or put what comes elsewhere: --to PATH")
	}
	for _, f := range files {
		at := filepath.Join(to, filepath.FromSlash(f.path))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.Rename(filepath.Join(tmp, arrived, filepath.FromSlash(f.path)), at)); err != nil {
			return cannotWrite(at, err)
		}
	}
	return nil
}
