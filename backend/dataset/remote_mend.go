package dataset

import (
	"context"

	"rondo/backend/ref"
)

// mend makes damaged packs whole where they lie, before anything is sent: what is sound
// there then need not be sent.
func (s *Service) mend(ctx context.Context, f *far, x *Exchanged) error {
	return f.objects.Mend(ctx, s.opts.Store, &x.Moved)
}

// healed counts what was damaged when the remote was opened, and is there now, mended or in
// another pack.
func (f *far) healed() (n int) {
	still := map[string]bool{}
	for _, d := range f.objects.Damaged() {
		still[d.File] = still[d.File] || d.Digest.IsZero()
	}
	seen := map[ref.Digest]bool{}
	for _, d := range f.memory.still {
		switch {
		case d.Digest.IsZero() && !still[d.File], !d.Digest.IsZero() && f.objects.There(d.Digest) && !seen[d.Digest]:
			n++
		}
		seen[d.Digest] = true
	}
	return n
}
