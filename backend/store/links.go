package store

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Source returns the contents of the objects among the digests that it has.
type Source func(ctx context.Context, digests []ref.Digest) (map[ref.Digest][]byte, error)

// TreeObjects follows a tree from its root and returns the digests of the objects that it
// is written in, and of the files' contents. A node that no source has is kind NotFound.
func TreeObjects(ctx context.Context, root ref.Digest, sources ...Source) (nodes, files []ref.Digest, err error) {
	err = eachNode(ctx, root, sources, func(d ref.Digest, n *node) {
		nodes = append(nodes, d)
		for _, f := range n.files {
			files = append(files, f.Digest)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	return nodes, files, nil
}

// TreePaths follows a tree as TreeObjects does and returns the paths at which it has any of
// the contents.
func TreePaths(ctx context.Context, root ref.Digest, contents map[ref.Digest]bool, sources ...Source) (map[ref.Digest][]string, error) {
	paths := map[ref.Digest][]string{}
	err := eachNode(ctx, root, sources, func(_ ref.Digest, n *node) {
		for _, f := range n.files {
			if contents[f.Digest] {
				paths[f.Digest] = append(paths[f.Digest], f.Path)
			}
		}
	})
	return paths, err
}

// eachNode hands out the nodes of a tree, from the root on.
func eachNode(ctx context.Context, root ref.Digest, sources []Source, fn func(ref.Digest, *node)) error {
	return eachLevel(ctx, root, func(ctx context.Context, wave []ref.Digest) (map[ref.Digest][]byte, error) {
		return fromAny(ctx, wave, sources)
	}, fn)
}

// eachLevel hands out the nodes of a tree, and asks for those of a level at once.
func eachLevel(ctx context.Context, root ref.Digest, read Source, fn func(ref.Digest, *node)) error {
	seen := map[ref.Digest]bool{root: true}
	for wave := []ref.Digest{root}; len(wave) > 0; {
		contents, err := read(ctx, wave)
		if err != nil {
			return err
		}
		var next []ref.Digest
		for _, d := range wave {
			n, err := decodeNode(d, contents[d])
			if err != nil {
				return errs.New(errs.Corrupt, "object %s is not a tree: %w", d.Short(), err)
			}
			fn(d, n)
			for _, c := range n.children {
				if !seen[c.digest] {
					seen[c.digest] = true
					next = append(next, c.digest)
				}
			}
		}
		wave = next
	}
	return nil
}

// fromAny asks one source after the other for what those before did not have.
func fromAny(ctx context.Context, digests []ref.Digest, sources []Source) (map[ref.Digest][]byte, error) {
	all := make(map[ref.Digest][]byte, len(digests))
	for _, from := range sources {
		var left []ref.Digest
		for _, d := range digests {
			if all[d] == nil {
				left = append(left, d)
			}
		}
		got, err := from(ctx, left)
		if err != nil {
			return nil, err
		}
		for _, d := range left {
			if got[d] != nil {
				all[d] = got[d]
			}
		}
	}
	for _, d := range digests {
		if all[d] == nil {
			return nil, errs.New(errs.NotFound, "the list of files %s is missing", d.Short()).WithHint("push again from a project that has it")
		}
	}
	return all, nil
}

// TreeSource reads trees of this store. What is missing or damaged is left out.
func (s *Store) TreeSource(ctx context.Context, digests []ref.Digest) (map[ref.Digest][]byte, error) {
	all := map[ref.Digest][]byte{}
	for _, d := range digests {
		b, err := s.ReadAll(ctx, d, maxTree)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err == nil:
			all[d] = b
		}
	}
	return all, nil
}

// TreeSource reads trees of the remote. What is missing is left out.
func (f *Far) TreeSource(ctx context.Context, digests []ref.Digest) (map[ref.Digest][]byte, error) {
	return f.ReadTogether(ctx, digests, maxTree)
}
