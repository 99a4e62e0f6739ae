package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/folder"
	"rondo/backend/ref"
)

// cuts are objects that were files of their own and lie in packs now.
type cuts struct {
	mu   sync.Mutex
	list []ref.Digest
}

// cutUp cuts the former content of a path into chunks where it is a clone: its new
// content, which was cut, then shares them, and the two together take little more than
// one. The clone goes once the packs are durable.
func (sc *scanner) cutUp(ctx context.Context, known folder.Known, now ref.Digest) error {
	if sc.l == nil || !sc.l.how.clones() || !known.OK || known.Digest == now {
		return nil
	}
	if _, packed := sc.s.entry(known.Digest); packed {
		return nil
	}
	f, err := os.Open(filepath.Join(sc.s.dir, objectName(known.Digest)))
	if err != nil {
		return nil // it is no clone, or was collected
	}
	defer f.Close()
	d, _, err := sc.p.putLarge(ctx, f, ref.Zero)
	if err != nil {
		return err
	}
	if d != known.Digest { // it stays as it is, for verify to name
		sc.s.suspectIf(known.Digest, errs.New(errs.Corrupt, "object %s is damaged", known.Digest.Short()))
		return nil
	}
	sc.cut.mu.Lock()
	defer sc.cut.mu.Unlock()
	sc.cut.list = append(sc.cut.list, d)
	return nil
}

// cutUpOne does so for a single file.
func (s *Store) cutUpOne(ctx context.Context, l *linker, known folder.Known, now ref.Digest) error {
	sc := &scanner{s: s, p: s.packer(), l: l}
	err := sc.cutUp(ctx, known, now)
	if err = errors.Join(err, sc.p.flush(ctx)); err != nil {
		sc.p.discard(ctx)
		return err
	}
	return s.dropWhole(sc.cut.list...)
}
