package monitor

import (
	"context"
	"time"

	"rondo/backend/errs"
)

const (
	page      = 1000        // captures read at a time
	maxWindow = 200_000     // captures of the largest window; a longer stretch of time is cut
	late      = time.Second // captures may take this long to be readable
	outgoing  = time.Minute // a version that was replaced may still be answering this long
)

// buffer holds the captures of one version that wait for their window to close.
type buffer struct {
	after    string // where the last window ended
	captures []Capture
}

func (b *buffer) reset(after string) { b.after, b.captures = after, nil }

// drop forgets the first n captures, which are a window now.
func (b *buffer) drop(n int) {
	b.after = b.captures[n-1].Cursor
	b.captures = append([]Capture(nil), b.captures[n:]...)
}

// end is the cursor up to which captures have been read.
func (b *buffer) end() string {
	if len(b.captures) == 0 {
		return b.after
	}
	return b.captures[len(b.captures)-1].Cursor
}

func (b *buffer) answered() (n int) {
	for i := range b.captures {
		if b.captures[i].OK {
			n++
		}
	}
	return n
}

// fill reads captures until a window is complete and returns how many make it up;
// 0 where none is due yet.
func (s *Service) fill(ctx context.Context, c Config, v VersionRef, live bool, b *buffer) (int, error) {
	for {
		if n := c.cut(b.captures); n > 0 {
			return n, nil
		}
		list, err := s.opts.Captures.Captures(ctx, CaptureQuery{Endpoint: c.Endpoint, Version: v, After: b.end(), Limit: page})
		if err != nil {
			return 0, errs.Wrap(errs.KindOf(err), err, "the captures of endpoint %s", c.Endpoint)
		}
		for i := range list {
			if !list[i].OK {
				list[i].Inputs = nil // counted, never compared
			}
		}
		b.captures = append(b.captures, list...)
		if len(list) < page {
			break
		}
	}
	if n := c.cut(b.captures); n > 0 {
		return n, nil
	}
	return c.cutRest(b, live, s.opts.Now()), nil
}

// cut returns how many of the captures are a complete window, whatever follows them.
func (c Config) cut(captures []Capture) int {
	if len(captures) == 0 {
		return 0
	}
	answered, over := 0, c.slotEnd(captures[0].Time)
	for i := range captures {
		if c.Every > 0 && i > 0 && !captures[i].Time.Before(over) {
			return i
		}
		if captures[i].OK {
			answered++
		}
		if c.Rows > 0 && answered >= c.Rows || i+1 >= max(maxWindow, c.Rows) {
			return i + 1
		}
	}
	return 0
}

// slotEnd is when the stretch of time that a capture falls into is over. Stretches
// are counted from 1970 in UTC, so that 24h is a day.
func (c Config) slotEnd(t time.Time) time.Time {
	if c.Every <= 0 {
		return time.Time{}
	}
	every := c.Every.Nanoseconds()
	return time.Unix(0, (t.UnixNano()/every+1)*every).UTC()
}

// cutRest closes what the passing of time has closed: a stretch that is over, or the
// rest of a version that was replaced, where it is enough to be judged.
func (c Config) cutRest(b *buffer, live bool, now time.Time) int {
	n := len(b.captures)
	if n == 0 {
		return 0
	}
	if c.Every > 0 {
		if now.After(c.slotEnd(b.captures[0].Time).Add(late)) {
			return n
		}
		return 0
	}
	if !live && b.answered() >= c.MinRows && now.Sub(b.captures[n-1].Time) > outgoing {
		return n
	}
	return 0
}
