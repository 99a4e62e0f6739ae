package seals

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
)

// Adopt seals the files below folder that have no seal yet, as they are. With accept it does
// so with those that differ from their seal too, and forgets those that are missing. It returns
// how many it sealed, and what it found before.
func (k *Keeper) Adopt(ctx context.Context, root *os.Root, folder, below string, accept bool) (n int, r Report, err error) {
	if r, err = Check(ctx, root, folder, below); err != nil {
		return 0, r, err
	}
	names := r.Unsealed
	if accept {
		for _, bad := range r.Bad {
			if _, err := root.Lstat(path.Join(folder, bad.Name)); errors.Is(err, fs.ErrNotExist) {
				if err := k.write(root, []line{{word: removed, name: bad.Name}}); err != nil {
					return n, r, err
				}
				continue
			}
			names = append(names, bad.Name)
		}
	}
	for part := range slices.Chunk(names, 256) {
		done, err := k.adopt(ctx, root, folder, part)
		if n += done; err != nil {
			return n, r, err
		}
	}
	return n, r, nil
}

func (k *Keeper) adopt(ctx context.Context, root *os.Root, folder string, names []string) (int, error) {
	var files []File
	var there []string
	for _, name := range names {
		s, err := Sum(ctx, root, path.Join(folder, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		files, there = append(files, File{name, s}), append(there, name)
	}
	return len(files), errors.Join(k.write(root, cameLines(files)), k.Placed(root, there...))
}
