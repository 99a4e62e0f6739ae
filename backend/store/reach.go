package store

import (
	"bytes"
	"context"
	"io"
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
// and, as long as there are any, the objects that JSON among them mentions, such as the
// files of a tree. It errs on the side of too much. What is not here needs nothing.
func (s *Store) Reach(ctx context.Context, roots map[ref.Digest]bool) (map[ref.Digest]bool, error) {
	reached := make(map[ref.Digest]bool, len(roots))
	var mu sync.Mutex
	var next []ref.Digest
	add := func(d ref.Digest) {
		mu.Lock()
		defer mu.Unlock()
		if !reached[d] {
			reached[d] = true
			next = append(next, d)
		}
	}
	for d := range roots {
		add(d)
	}
	for len(next) > 0 {
		wave := next
		next = nil
		err := s.ReadMany(ctx, wave, func(i int, c Content, err error) error {
			if err == nil {
				err = s.reachOne(wave[i], c, add)
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
	return reached, nil
}

// reachOne hands what one object mentions to add.
func (s *Store) reachOne(d ref.Digest, c Content, add func(ref.Digest)) error {
	if c.whole != nil {
		if bytes.HasPrefix(c.whole, []byte("{")) {
			return Mentions(bytes.NewReader(c.whole), add)
		}
		return nil
	}
	list, err := s.chunks(d)
	if err != nil {
		return err
	}
	for _, part := range list {
		add(part.digest)
	}
	r, err := s.Open(c.ctx, d)
	if err != nil {
		return err
	}
	defer r.Close()
	first := make([]byte, 1)
	if _, err := io.ReadFull(r, first); err != nil || first[0] != '{' {
		return nil
	}
	return Mentions(readerCtx{c.ctx, r}, add)
}
