package trace

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"sync"
	"syscall"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ref"
	"rondo/backend/seals"
)

// Attachments are files that a span's inputs or outputs name: pictures, sound, papers.
// They lie in .rondo/traces/<trace>/attachments under the UUID that their maker gave
// them, are written once and go with their trace.

// Attachment is such a file.
type Attachment struct {
	Name string    `json:"name"` // a UUID
	Size int64     `json:"size"` // bytes
	Time time.Time `json:"time"`
}

const attachmentsDir = "attachments"

var (
	uuidShape   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`) })
	folderShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9][\w\-]{0,127}$`) })
)

func checkAttachment(name string) error {
	if !uuidShape().MatchString(name) {
		return errs.New(errs.Invalid, "Invalid attachment path: '%.80s'. Attachment path must be a valid UUID.", name)
	}
	return nil
}

// folder opens the folder of a trace's files, which need not be there unless it is to be made.
func (s *Service) folder(ctx context.Context, id string, write bool) (*os.Root, error) {
	if err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return exists(tx, id) }); err != nil {
		return nil, err
	}
	if !folderShape().MatchString(id) {
		return nil, errs.New(errs.Invalid, "trace %.128s has an id that is no name of a folder, so it has no attachments", id)
	}
	dir := filepath.Join(s.opts.Dir, ".rondo", "traces", id)
	if write {
		all := filepath.Dir(dir)
		if err := errors.Join(os.MkdirAll(dir, 0o755), atomicfile.SyncDir(all), atomicfile.SyncDir(filepath.Dir(all))); err != nil {
			return nil, fileError(err)
		}
	}
	return os.OpenRoot(dir)
}

// Attach keeps an attachment of a trace. One that is cut leaves nothing.
func (s *Service) Attach(ctx context.Context, id, name string, r io.Reader) error {
	if err := checkAttachment(name); err != nil {
		return err
	}
	root, err := s.folder(ctx, id, true)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(attachmentsDir, 0o755); err != nil {
		return fileError(err)
	}
	temp := ref.NewID()
	defer root.Remove(temp) // fails where it got its name
	leave, err := s.take(ctx, root, name, temp, r)
	if err != nil {
		return received(err)
	}
	defer leave()
	if err := root.Rename(temp, path.Join(attachmentsDir, name)); err != nil {
		return fileError(err)
	}
	return fileError(errors.Join(atomicfile.SyncDirIn(root, attachmentsDir), atomicfile.SyncDirIn(root, "."), s.seals.Placed(root, name)))
}

// take writes the content durably under a temporary name, and its seal beside it. Nobody else gives a file
// the name before leave is called.
func (s *Service) take(ctx context.Context, root *os.Root, name, temp string, r io.Reader) (leave func(), err error) {
	f, err := root.OpenFile(temp, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer f.Close() // it is synced
	h := seals.NewHash()
	if _, err := atomicfile.Copy(ctx, f, io.TeeReader(r, h), math.MaxInt64-1); err != nil { // the door has a limit for what comes in
		return nil, err
	}
	return s.seals.Sync(root, seals.File{Name: name, Seal: h.Seal()}, f)
}

// received says what kept an attachment from arriving.
func received(err error) error {
	var unsent *atomicfile.Unsent
	if errors.As(err, &unsent) {
		return errs.New(errs.Invalid, "the attachment did not arrive whole: %w", unsent)
	}
	return fileError(err)
}

func fileError(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return errs.New(errs.Unavailable, "the disk is full, so the attachment was not saved").WithHint("free some space and send it again").From(err)
	}
	return errs.Wrap(errs.Unavailable, err, "the files of traces cannot be reached")
}

// OpenAttachment opens an attachment for reading; a missing one is NotFound.
func (s *Service) OpenAttachment(ctx context.Context, id, name string) (io.ReadSeekCloser, Attachment, error) {
	none := errs.New(errs.NotFound, "trace %.128s has no attachment %s", id, name)
	if err := checkAttachment(name); err != nil {
		return nil, Attachment{}, err
	}
	root, err := s.folder(ctx, id, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Attachment{}, none
	}
	if err != nil {
		return nil, Attachment{}, err
	}
	defer root.Close()
	at := path.Join(attachmentsDir, name)
	info, err := root.Lstat(at)
	if err != nil || !info.Mode().IsRegular() {
		return nil, Attachment{}, none
	}
	f, err := s.seals.Open(root, attachmentsDir, name)
	if errs.Is(err, errs.Corrupt) {
		return nil, Attachment{}, errs.Wrap(errs.Corrupt, err, "attachment of trace %.128s", id)
	}
	if err != nil {
		return nil, Attachment{}, fileError(err)
	}
	return f.(io.ReadSeekCloser), Attachment{name, info.Size(), info.ModTime().UTC()}, nil
}

// Attachments lists the attachments of a trace by name.
func (s *Service) Attachments(ctx context.Context, id string) (list []Attachment, err error) {
	root, err := s.folder(ctx, id, false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), attachmentsDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && checkAttachment(e.Name()) == nil {
			list = append(list, Attachment{e.Name(), info.Size(), info.ModTime().UTC()})
		}
	}
	return list, fileError(err)
}

// forget removes the files of traces that are no more.
func (s *Service) forget(ids []string) error {
	root, err := os.OpenRoot(filepath.Join(s.opts.Dir, ".rondo", "traces"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fileError(err)
	}
	defer root.Close()
	for _, id := range ids {
		if folderShape().MatchString(id) {
			err = errors.Join(err, root.RemoveAll(id))
		}
	}
	return fileError(err)
}
