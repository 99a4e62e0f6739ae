package store

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Mentions calls fn for everything in r that looks like a digest: 64 lower-case hex
// digits that no other letter or digit touches.
func Mentions(r io.Reader, fn func(ref.Digest)) error {
	buf := make([]byte, 64<<10)
	var word []byte
	long := false
	for {
		n, err := r.Read(buf)
		for _, c := range buf[:n] {
			switch {
			case c >= '0' && c <= '9' || c >= 'a' && c <= 'f':
				if len(word) < 65 {
					word = append(word, c)
				}
				continue
			case c >= 'g' && c <= 'z' || c >= 'A' && c <= 'Z':
				long = true
				word = word[:0]
				continue
			}
			mention(word, long, fn)
			word, long = word[:0], false
		}
		if err == io.EOF {
			mention(word, long, fn)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func mention(word []byte, long bool, fn func(ref.Digest)) {
	if len(word) == 64 && !long {
		if d, err := ref.Parse(string(word)); err == nil {
			fn(d)
		}
	}
}

// Reach returns everything that the roots need: themselves, the chunks of large ones,
// the nodes and files of trees, and, as long as there are any, the objects that JSON among
// them mentions. Files of a tree that has nodes are not looked into. It errs on the side
// of too much. What is not here needs nothing.
func (s *Store) Reach(ctx context.Context, roots map[ref.Digest]bool) (*Needed, error) {
	return s.ReachCounted(ctx, roots, Steps{})
}

// Steps tell how far long work on objects has come.
type Steps struct {
	Done   *Count                     // nil: nobody asks
	Expect func(objects, bytes int64) // is told of what is found to be done beside; may be nil
}

func (s Steps) expect(objects, bytes int64) {
	if s.Expect != nil {
		s.Expect(objects, bytes)
	}
}

// ReachCounted is Reach that tells how many objects it looks into.
func (s *Store) ReachCounted(ctx context.Context, roots map[ref.Digest]bool, steps Steps) (*Needed, error) {
	r := &reach{s: s, needed: newNeeded(s.objects())}
	for d := range roots {
		r.add(d)
	}
	for len(r.next) > 0 {
		wave := r.next
		r.next = nil
		steps.expect(int64(len(wave)), 0)
		err := s.ReadMany(ctx, wave, func(i int, c Content, err error) error {
			steps.Done.Add(1, 0)
			if err == nil {
				err = r.follow(wave[i], c)
			}
			if err == nil || errs.Is(err, errs.NotFound) {
				return nil
			}
			return errs.New(errs.Corrupt, "what object %s needs cannot be told: %w", wave[i].Short(), err).
				WithHint("`rondo fsck` names what is damaged; put it back first")
		})
		if err != nil {
			return nil, err
		}
	}
	r.needed.doubtful = slices.DeleteFunc(r.needed.doubtful, s.Has)
	return r.needed, nil
}

type reach struct {
	s      *Store
	mu     sync.Mutex
	needed *Needed
	next   []ref.Digest // to look into
}

func (r *reach) add(d ref.Digest) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.needed.add(d) {
		r.next = append(r.next, d)
		r.check(d)
	}
}

// node is add for what is known to be a node of a tree.
func (r *reach) node(d ref.Digest) {
	if r.add(d); !r.s.Has(d) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.needed.unlisted = append(r.needed.unlisted, d)
	}
}

// check notes what may not be here; the caller holds the lock.
func (r *reach) check(d ref.Digest) {
	if _, here := r.s.entry(d); !here {
		r.needed.doubtful = append(r.needed.doubtful, d)
	}
}

// leaf adds what need not be looked into, with the chunks that it is made of.
func (r *reach) leaf(d ref.Digest) error {
	at, here := r.s.entry(d)
	r.mu.Lock()
	fresh := r.needed.add(d)
	if fresh {
		r.check(d)
	}
	r.mu.Unlock()
	if !fresh || !here || at.form != listed {
		return nil
	}
	return r.parts(d)
}

func (r *reach) parts(d ref.Digest) error {
	list, err := r.s.chunks(d)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, part := range list {
		if r.needed.add(part.digest) {
			r.check(part.digest)
		}
	}
	if _, lacks := r.s.lacks(list); lacks {
		r.needed.doubtful = append(r.needed.doubtful, d)
	}
	return err
}

// follow adds what one object mentions.
func (r *reach) follow(d ref.Digest, c Content) error {
	if c.whole != nil {
		return r.look(d, c.whole)
	}
	if err := r.parts(d); err != nil {
		return err
	}
	f, err := r.s.Open(c.ctx, d)
	if err != nil {
		return err
	}
	defer f.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(f, first); err != nil || first[0] != '{' {
		return nil
	}
	return Mentions(readerCtx{c.ctx, f}, r.add)
}

func (r *reach) look(d ref.Digest, b []byte) error {
	switch {
	case bytes.HasPrefix(b, []byte("{")):
		return Mentions(bytes.NewReader(b), r.add)
	case !bytes.HasPrefix(b, []byte(nodeMagic)):
		return nil
	}
	n, err := decodeNode(d, b)
	if err != nil {
		return nil // somebody's file that begins like a node
	}
	for _, below := range n.children {
		r.node(below.digest)
	}
	for _, f := range n.files {
		if err := r.leaf(f.Digest); err != nil {
			return err
		}
	}
	return nil
}
