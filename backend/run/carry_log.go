package run

import (
	"context"

	"rondo/backend/run/points"
)

// carriedLog is the file that the blocks of a carried run go to. It stays open from the
// first block until the run's record is there: whoever opened the file before would not
// find the run in the index, take all of it for left by a crash, and cut it off.
type carriedLog struct {
	s      *Service
	id     string
	log    *points.Log
	giveUp func()
	end    int64   // of what was written
	blocks []int64 // where they lie
	sums   summaries
}

// append writes points as a block that counts when a record names it.
func (c *carriedLog) append(ctx context.Context, list []Point) (err error) {
	if c.log == nil {
		if c.log, c.giveUp, err = c.s.logs.hold(ctx, c.id); err != nil {
			return err
		}
	} else if c.s.logs.ended() {
		return errClosed
	}
	return c.log.Append(filePoints(list), false, func(at, end int64) { c.blocks, c.end = append(c.blocks, at), end })
}

// close has the index note how much of the file it has seen, now that it knows the run.
func (c *carriedLog) close() {
	if c.giveUp == nil {
		return
	}
	if len(c.blocks) > 0 {
		c.s.waiting.add(c.id, c.end, summaries{})
	}
	c.giveUp()
	c.s.logs.let(c.id)
}
