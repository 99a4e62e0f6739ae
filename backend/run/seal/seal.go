// Package seal writes down what the files of a run's folder hold once the run has ended,
// so that a bit that changes later is found. docs/formats/runs.md describes the file.
package seal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/run/points"
)

const (
	// FileName is the name of the file in a run's folder.
	FileName = "sums"

	head    = "rondo sums 1\n"
	maxSeal = 64 << 20 // bytes
)

// apart are files that go on changing, or say nothing, and folders that hold such.
var apart = map[string]bool{
	FileName: true, "artifacts": true, ".incoming": true, "supervisor.lock": true, "supervisor.log": true,
}

// grows reports whether a file may get longer after the run has ended: what was there
// stays all the same.
func grows(name string) bool {
	switch path.Ext(name) {
	case ".log", ".jsonl", ".points":
		return true
	}
	return checked(name)
}

// checked reports whether a file has a checksum in every line, and may be replaced by one that says
// the same in fewer: only that it is there is sealed.
func checked(name string) bool { return path.Ext(name) == ".seals" }

// Write seals the folder of a run that has ended. One that is sealed already stays as it is.
func Write(ctx context.Context, dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, FileName)); err == nil {
		return nil
	}
	var text bytes.Buffer
	text.WriteString(head)
	err := each(ctx, dir, func(name string) error {
		n := int64(-1)
		if checked(name) {
			n = 0
		}
		if path.Ext(name) == ".points" {
			end, _, err := points.Scan(filepath.Join(dir, filepath.FromSlash(name)), 0, func(points.Block) error { return ctx.Err() })
			if err != nil {
				return err
			}
			n = end // what is behind it was answered to nobody
		}
		d, size, err := sum(ctx, dir, name, n)
		if err == nil {
			fmt.Fprintf(&text, "%s %d %q\n", d, size, name)
		}
		return err
	})
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "seal the folder of a run")
	}
	fmt.Fprintf(&text, "%s\n", ref.Of(text.Bytes()))
	return atomicfile.WriteFile(filepath.Join(dir, FileName), text.Bytes(), 0o644)
}

// each hands the files that are sealed to fn, in the order of their names.
func each(ctx context.Context, dir string, fn func(name string) error) error {
	return filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || p == dir {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		name := filepath.ToSlash(rel)
		temporary := strings.HasPrefix(path.Base(name), ".") && strings.Contains(name, ".tmp")
		switch {
		case err != nil || ctx.Err() != nil:
			return errors.Join(err, ctx.Err())
		case apart[name] || temporary:
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !e.Type().IsRegular():
			return nil
		}
		return fn(name)
	})
}

// sum is the digest of a file's first n bytes, or of all of it where n is negative.
func sum(ctx context.Context, dir, name string, n int64) (d ref.Digest, size int64, err error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return d, 0, err
	}
	defer root.Close()
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return d, 0, err
	}
	defer f.Close()
	var r io.Reader = f
	if n >= 0 {
		r = io.LimitReader(f, n)
	}
	h := ref.NewHash()
	size, err = io.Copy(h, reader{ctx, r})
	return ref.Sum(h), size, err
}

type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(b)
}

// Check reads the files of a run's folder and hands those to fn that are not what was
// sealed, with why. It returns how many it read: none where the folder is not sealed.
func Check(ctx context.Context, dir string, fn func(name, why string)) (files int, err error) {
	text, err := read(filepath.Join(dir, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	list, ok := parse(text)
	if !ok {
		fn(FileName, "it is not what was written")
		return 1, nil
	}
	for _, want := range list {
		why, err := want.differs(ctx, dir)
		if err != nil {
			return files, err
		}
		if files++; why != "" {
			fn(want.name, why)
		}
	}
	return files + 1, nil
}

func read(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSeal))
}

// entry is a line: what a file held.
type entry struct {
	digest ref.Digest
	size   int64
	name   string
}

func parse(text []byte) (list []entry, ok bool) {
	end := len(text) - len(ref.Zero.String()) - 1
	if end < 0 || text[len(text)-1] != '\n' || !bytes.HasPrefix(text, []byte(head)) {
		return nil, false
	}
	if ref.Of(text[:end]).String()+"\n" != string(text[end:]) {
		return nil, false
	}
	for line := range strings.Lines(string(text[len(head):end])) {
		var digest string
		var e entry
		_, err := fmt.Sscanf(line, "%s %d %q\n", &digest, &e.size, &e.name)
		if err == nil {
			e.digest, err = ref.Parse(digest)
		}
		if err != nil || !filepath.IsLocal(filepath.FromSlash(e.name)) {
			return nil, false
		}
		list = append(list, e)
	}
	return list, true
}

// differs says how a file differs from what was sealed; empty where it does not.
func (e entry) differs(ctx context.Context, dir string) (string, error) {
	n := int64(-1)
	if checked(e.name) { // older versions sealed what it said then
		e.digest, e.size = ref.Of(nil), 0
	}
	if grows(e.name) {
		n = e.size
	}
	d, size, err := sum(ctx, dir, e.name, n)
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		return "it is missing", nil
	case err != nil:
		return "it cannot be read: " + err.Error(), nil
	case size < e.size:
		return fmt.Sprintf("it is cut short: %d of %d bytes are there", size, e.size), nil
	case d != e.digest:
		return "it is not what was written: its content has digest " + d.Short(), nil
	}
	return "", nil
}
