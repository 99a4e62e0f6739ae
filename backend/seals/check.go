package seals

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"

	"rondo/backend/errs"
)

// Report is what a check of a folder found.
type Report struct {
	Sealed   int      // files that were read and compared
	Unsealed []string // files that have no seal
	Bad      []Bad
	Damage   []Damage // of the files of seals themselves
}

// Bad is a file that is not what was sealed.
type Bad struct{ Name, Why string }

// Check reads the files below folder of root, those that below names or is of, and compares them
// with their seals. An empty below means all.
func Check(ctx context.Context, root *os.Root, folder, below string) (r Report, err error) {
	if below == "." {
		below = ""
	}
	b, err := Read(root)
	if err != nil {
		return r, err
	}
	r.Damage = b.Damage()
	names, err := list(ctx, root, folder, below)
	if err != nil {
		return r, err
	}
	for _, name := range names {
		if err := r.file(ctx, root, folder, name, b, true); err != nil {
			return r, err
		}
	}
	for _, name := range b.Names() {
		if _, there := slices.BinarySearch(names, name); there || !inside(name, below) {
			continue
		}
		if err := r.missing(root, folder, name); err != nil {
			return r, err
		}
	}
	return r, nil
}

func inside(name, below string) bool {
	return below == "" || name == below || len(name) > len(below) && name[:len(below)] == below && name[len(below)] == '/'
}

// list is every file below folder, in order.
func list(ctx context.Context, root *os.Root, folder, below string) (names []string, err error) {
	err = fs.WalkDir(root.FS(), path.Join(folder, below), func(at string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if e.Type().IsRegular() {
			names = append(names, at[len(folder)+1:])
		}
		return nil
	})
	slices.Sort(names)
	return names, err
}

// file compares one file; one that came anew meanwhile is looked at again.
func (r *Report) file(ctx context.Context, root *os.Root, folder, name string, b *Book, again bool) error {
	seals, certain := b.Of(name)
	if len(seals) == 0 {
		r.Unsealed = append(r.Unsealed, name)
		return nil
	}
	got, err := Sum(ctx, root, path.Join(folder, name))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		return nil // it was taken away just now
	case err != nil:
		r.Bad = append(r.Bad, Bad{name, "it cannot be read: " + err.Error()})
		return nil
	case slices.ContainsFunc(seals, got.is):
		r.Sealed++
		return nil
	case again:
		if err := b.goOn(root); err != nil {
			return err
		}
		return r.file(ctx, root, folder, name, b, false)
	case !certain:
		r.Unsealed = append(r.Unsealed, name)
		return nil
	}
	r.Sealed++
	r.Bad = append(r.Bad, Bad{name, seals[len(seals)-1].differs(got)})
	return nil
}

// missing tells of a file that is not there, if it is not one that was removed meanwhile.
func (r *Report) missing(root *os.Root, folder, name string) error {
	b, err := Read(root)
	if err != nil {
		return err
	}
	if _, err := root.Lstat(path.Join(folder, name)); err == nil {
		return nil
	}
	if _, certain := b.Of(name); certain {
		r.Bad = append(r.Bad, Bad{name, "it is missing"})
	}
	return nil
}

func (s Seal) is(other Seal) bool {
	return s.Size == other.Size && slices.Equal(s.Blocks, other.Blocks)
}

func (s Seal) differs(got Seal) string {
	if got.Size < s.Size {
		return "it is cut short, or was replaced: " + sizes(got.Size, s.Size)
	}
	return "it is not what was written when it came" + where(s, got)
}

// Sum makes the seal of a file as it is.
func Sum(ctx context.Context, root *os.Root, at string) (Seal, error) {
	f, err := root.Open(at)
	if err != nil {
		return Seal{}, err
	}
	defer f.Close()
	h := NewHash()
	buf := make([]byte, 256<<10)
	for {
		n, err := f.Read(buf)
		h.Write(buf[:n])
		switch {
		case err == io.EOF:
			return h.Seal(), nil
		case err != nil:
			return Seal{}, err
		case ctx.Err() != nil:
			return Seal{}, ctx.Err()
		}
	}
}

// First is the first damage that a report names, as an error about it; nil for none.
func (r Report) First() error {
	if len(r.Bad) == 0 {
		return nil
	}
	e := Damaged(r.Bad[0].Name)
	if r.Bad[0].Why == "it is missing" {
		return errs.New(errs.Corrupt, "%.200q is missing", r.Bad[0].Name).WithHint("%s", errs.HintOf(e))
	}
	return e
}

func sizes(got, want int64) string { return fmt.Sprintf("%d of %d bytes are there", got, want) }

// where tells the first block that differs.
func where(want, got Seal) string {
	for i := range got.Blocks {
		if i < len(want.Blocks) && want.Blocks[i] != got.Blocks[i] && len(want.Blocks) > 1 {
			return fmt.Sprintf(", in the %d bytes from %d on", Block, int64(i)*Block)
		}
	}
	return ""
}
