package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/fault"
)

// folder is a remote on a disk of this computer, or on one that looks like it.
type folder struct {
	dir  string
	root *os.Root
}

// OpenFolder opens a folder that is there.
func OpenFolder(dir string) (Remote, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, folderError(dir, err)
	}
	return &folder{dir, root}, nil
}

func folderError(name string, err error) error {
	var known *errs.Error
	switch {
	case err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return notThere(name)
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		return errs.New(errs.Denied, "%s of the remote may not be used by you: %w", name, reason(err)).WithHint("ask whoever owns the folder for the right to read and write it")
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		return errs.New(errs.Unavailable, "the remote is full: %w", err).WithHint("free some space there and do the same again: only what is missing is copied")
	}
	return errs.New(errs.Unavailable, "the remote's %s cannot be used: %w", name, err).WithHint("see whether its disk is connected and well")
}

// reason is an error without the name of the file, which is told already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

func (f *folder) List(ctx context.Context, under string, fn func(Blob) error) error {
	if err := checkName(under); err != nil {
		return err
	}
	err := fs.WalkDir(f.root.FS(), under, func(name string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil || ctx.Err() != nil:
			return errors.Join(ctx.Err(), err)
		case e.IsDir() || !e.Type().IsRegular():
			return nil
		}
		fi, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		if temporary(e.Name()) {
			f.tidy(name, fi)
			return nil
		}
		return fn(Blob{name, fi.Size()})
	})
	return folderError(under, err)
}

// abandoned is how old a blob that is being written must be to count as given up.
const abandoned = 24 * time.Hour

func (f *folder) tidy(name string, fi fs.FileInfo) {
	if time.Since(fi.ModTime()) > abandoned && atomicfile.IsTemporary(fi.Name()) {
		_ = f.root.Remove(name)
	}
}

func (f *folder) Sizes(ctx context.Context, names []string) (map[string]int64, error) {
	sizes := make(map[string]int64, len(names))
	for _, name := range names {
		if err := errors.Join(checkName(name), ctx.Err()); err != nil {
			return nil, err
		}
		fi, err := f.root.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, folderError(name, err)
		}
		sizes[name] = fi.Size()
	}
	return sizes, nil
}

func (f *folder) Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	if err := errors.Join(checkName(name), ctx.Err()); err != nil {
		return nil, err
	}
	if err := fault.Check("read"); err != nil {
		return nil, folderError(name, err)
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, folderError(name, err)
	}
	return section(file, file, offset, length), nil
}

// section reads part of a file and closes it.
func section(r io.ReaderAt, c io.Closer, offset, length int64) io.ReadCloser {
	if length < 0 {
		length = 1<<62 - offset
	}
	return struct {
		io.Reader
		io.Closer
	}{io.NewSectionReader(r, offset, length), c}
}

func (f *folder) Put(ctx context.Context, name string, content *io.SectionReader) (bool, error) {
	if err := errors.Join(checkName(name), ctx.Err()); err != nil {
		return false, err
	}
	tmp, err := f.write(ctx, name, content)
	if err != nil {
		return false, folderError(name, err)
	}
	defer f.root.Remove(tmp)
	if err = fault.Check("link"); err == nil {
		err = f.root.Link(tmp, name) // which, unlike a rename, fails where there is one
	}
	switch {
	case err == nil:
		return true, f.sync(name)
	case errors.Is(err, fs.ErrExist):
		return false, nil
	}
	// A file system without links: what is put by its digest may be replaced by itself.
	if _, err := f.root.Stat(name); err == nil {
		return false, nil
	}
	if err := f.root.Rename(tmp, name); err != nil {
		return false, folderError(name, err)
	}
	return true, f.sync(name)
}

func (f *folder) Replace(ctx context.Context, name string, content *io.SectionReader) error {
	if err := errors.Join(checkName(name), ctx.Err()); err != nil {
		return err
	}
	tmp, err := f.write(ctx, name, content)
	if err != nil {
		return folderError(name, err)
	}
	if err = fault.Check("rename"); err == nil {
		err = f.root.Rename(tmp, name)
	}
	if err != nil {
		_ = f.root.Remove(tmp)
		return folderError(name, err)
	}
	return f.sync(name)
}

// write makes the content durable under a name of its own.
func (f *folder) write(ctx context.Context, name string, content *io.SectionReader) (tmp string, err error) {
	if err := f.makeFolder(path.Dir(name)); err != nil {
		return "", err
	}
	if err := fault.Check("create"); err != nil {
		return "", err
	}
	tmp = temporaryName(name)
	file, err := f.root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	// Whoever gives up does not wait for the disk: the file goes at once.
	stop := context.AfterFunc(ctx, func() { _ = f.root.Remove(tmp) })
	n, err := io.Copy(writing{file}, withContext(ctx, io.NewSectionReader(content, 0, content.Size())))
	if err == nil && n != content.Size() {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		err = fault.Check("sync")
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); !stop() {
		err = errors.Join(ctx.Err(), err)
	}
	if err != nil {
		_ = f.root.Remove(tmp)
	}
	return tmp, err
}

// writing is a file of which a test may say that the disk is full.
type writing struct{ file *os.File }

func (w writing) Write(b []byte) (int, error) {
	if err := fault.Check("write"); err != nil {
		n, _ := w.file.Write(b[:len(b)/2])
		return n, err
	}
	return w.file.Write(b)
}

// makeFolder makes a folder, and those that it is in, durably where it is not there.
func (f *folder) makeFolder(dir string) error {
	if _, err := f.root.Stat(dir); err == nil {
		return nil
	}
	if err := errors.Join(fault.Check("mkdir"), f.root.MkdirAll(dir, 0o755)); err != nil {
		return err
	}
	for ; dir != "."; dir = path.Dir(dir) {
		if err := f.sync(dir); err != nil {
			return err
		}
	}
	return nil
}

func (f *folder) sync(name string) error {
	return folderError(name, atomicfile.SyncDir(filepath.Dir(filepath.Join(f.dir, filepath.FromSlash(name)))))
}

func (f *folder) Delete(ctx context.Context, name string) error {
	if err := errors.Join(checkName(name), ctx.Err()); err != nil {
		return err
	}
	if err := f.root.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return folderError(name, err)
	}
	return nil
}

func (f *folder) Checks() bool { return false }

func (f *folder) Close() error { return f.root.Close() }
