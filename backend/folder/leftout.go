package folder

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"rondo/backend/ignore"
)

// Left is a path in a folder that a walk leaves out, by the rule that says so.
type Left struct {
	Path string // from the folder on
	Dir  bool
	By   ignore.Pattern
}

const readAtOnce = 1024 // names

// LeftOut tells what rules leave out of the folder at a place, by its names alone. Nothing in a
// folder that is left out is looked at.
func LeftOut(ctx context.Context, top *os.Root, place string, tell func(Left)) error {
	r, err := RulesAbove(top, place)
	if err != nil {
		return err
	}
	return r.leftIn(ctx, top, "", r.outer, tell)
}

func (r *Rules) leftIn(ctx context.Context, top *os.Root, prefix string, in *level, tell func(Left)) error {
	dir := path.Clean(r.at + prefix)
	text, err := rulesIn(top, path.Join(dir, IgnoreFile))
	if err == nil {
		in, err = in.with(dir, text)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	kept, err := r.leftBeside(ctx, top, prefix, in, tell)
	for _, sub := range kept {
		if err == nil {
			err = r.leftIn(ctx, top, sub+"/", in, tell)
		}
	}
	return err
}

// leftBeside tells what is left out of one folder, and returns the folders in it that are not.
func (r *Rules) leftBeside(ctx context.Context, top *os.Root, prefix string, in *level, tell func(Left)) (kept []string, err error) {
	dir := path.Clean(r.at + prefix)
	f, err := top.Open(dir)
	if err != nil {
		return nil, Unreadable(dir, err)
	}
	defer f.Close()
	for err == nil && ctx.Err() == nil {
		var list []fs.DirEntry
		list, err = f.ReadDir(readAtOnce)
		for _, e := range list {
			by, some := ignore.Last(in.list, r.at+prefix+e.Name(), e.IsDir(), false)
			switch {
			case some && !by.Not:
				tell(Left{prefix + e.Name(), e.IsDir(), by})
			case e.IsDir():
				kept = append(kept, prefix+e.Name())
			}
		}
	}
	if err == nil || errors.Is(err, io.EOF) {
		return kept, ctx.Err()
	}
	return nil, Unreadable(dir, err)
}
