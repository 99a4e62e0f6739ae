package dataset

import (
	"context"
	"path"
	"strconv"
	"strings"

	"rondo/backend/ref"
	"rondo/backend/store"
)

// A parcel ends with a folder once it has enough files, and in a folder with the most that
// it may have: two who make files in one folder wait for each other.
const (
	parcelEnough = 256
	parcelFiles  = 4 << 10
	parcelBytes  = 8 << 20
)

// parcel is what one goroutine stages: files that lie together.
type parcel struct {
	name  string // of its folder where every file gets its place one by one
	first int    // how many files came before it
	deeds []deed
	size  int64
}

// takes reports whether a file goes into the parcel too.
func (c *parcel) takes(d deed) bool {
	n := len(c.deeds)
	if n == 0 {
		return true
	}
	if n >= parcelFiles || c.size+d.file.Size > parcelBytes || d.file.Size > store.Small {
		return false
	}
	return n < parcelEnough || path.Dir(c.deeds[n-1].at) == path.Dir(d.at)
}

// pack divides what is to be brought in into parcels.
func (p *plan) pack(ctx context.Context, out chan<- *parcel) error {
	now := &parcel{name: "0"}
	send := func() error {
		p.starts = append(p.starts, now.first)
		select {
		case out <- now:
			now = &parcel{name: strconv.Itoa(len(p.starts)), first: now.first + len(now.deeds)}
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	err := p.only(ctx, bring, func(_ int, d deed) error {
		if !now.takes(d) {
			if err := send(); err != nil {
				return err
			}
		}
		now.deeds = append(now.deeds, d)
		now.size += d.file.Size
		return nil
	})
	if err != nil || len(now.deeds) == 0 {
		return err
	}
	return send()
}

// staged is where the i-th file of a parcel lies in the staging folder.
func (p *plan) staged(c *parcel, i int) string {
	if p.fresh {
		return wholeName + strings.TrimPrefix(c.deeds[i].at, p.base)
	}
	return c.name + "/" + strconv.Itoa(i)
}

// groups are the digests of a parcel's files, by the folders that they are staged in.
func (p *plan) groups(c *parcel) (groups [][]ref.Digest) {
	digests := make([]ref.Digest, len(c.deeds))
	begun := 0
	for i, d := range c.deeds {
		if digests[i] = d.file.Digest; p.fresh && i > 0 && path.Dir(c.deeds[i-1].at) != path.Dir(d.at) {
			groups = append(groups, digests[begun:i])
			begun = i
		}
	}
	return append(groups, digests[begun:])
}
