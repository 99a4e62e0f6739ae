package store

import "context"

// Slice returns up to limit files of the listing from one on, counted from 0 in the order of
// their paths, in time that does not grow with those before it.
func (l *Listing) Slice(ctx context.Context, from int64, limit int) ([]TreeFile, error) {
	return l.slice(ctx, l.top, from, limit, []TreeFile{})
}

func (l *Listing) slice(ctx context.Context, n *node, from int64, limit int, out []TreeFile) ([]TreeFile, error) {
	if n.level == 0 {
		from = min(from, int64(len(n.files)))
		return append(out, n.files[from:min(from+int64(limit-len(out)), int64(len(n.files)))]...), nil
	}
	for _, c := range n.children {
		if len(out) == limit {
			break
		}
		if from >= c.files {
			from -= c.files
			continue
		}
		below, err := l.below(ctx, n.level-1, c)
		if err == nil {
			out, err = l.slice(ctx, below, from, limit, out)
		}
		if err != nil {
			return nil, err
		}
		from = 0
	}
	return out, nil
}
