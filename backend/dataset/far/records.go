package far

import (
	"context"
	"encoding/hex"
	"maps"
	"path"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/remote"
)

const (
	recordsDir = "snapshots"
	maxRecord  = 1 << 20
)

// Records are the names of the records that the remote lists, oldest first: ids sort by time.
func (p *Place) Records() (names []string) {
	for _, name := range slices.Sorted(maps.Keys(p.records)) {
		if _, ok := ID(name); ok {
			names = append(names, name)
		}
	}
	return names
}

// ID is the id of the snapshot whose record has the name.
func ID(name string) (string, bool) {
	id, is := strings.CutSuffix(path.Base(name), ".json")
	if !is || len(id) != 32 {
		return "", false
	}
	_, err := hex.DecodeString(id)
	return id, err == nil
}

// Note writes down that the remote has a snapshot, once all of it is there, and reports whether
// the remote did not list it.
func (p *Place) Note(ctx context.Context, id string, snapshot any) (fresh bool, err error) {
	name := path.Join(recordsDir, id+".json")
	b, err := encode(snapshot)
	if err != nil {
		return false, err
	}
	if p.records[name] {
		old, err := remote.Read(ctx, p.r, name, maxRecord)
		if err == nil && string(old) == string(b) {
			return false, nil
		}
	}
	err = remote.Again(ctx, func() error { return p.r.Replace(ctx, name, remote.Content(b)) })
	if err == nil {
		err = p.givesBack(ctx, name, string(b))
	}
	return !p.records[name], p.Blame(err)
}

// givesBack sees that a record is there as it was written, perhaps some time after that.
func (p *Place) givesBack(ctx context.Context, name, text string) error {
	other := false
	err := remote.Again(ctx, func() error {
		now, err := remote.ReadOnce(ctx, p.r, name, maxRecord)
		if other = notFound(err) || err == nil && string(now) != text; other {
			return errs.New(errs.Unavailable, "%s is not there yet", name)
		}
		return err
	})
	if other && ctx.Err() == nil {
		return errs.New(errs.Corrupt, "%s does not give back what was written to it", name).WithHint("see whether its disk is well, then push again")
	}
	return err
}

// Record reads a record. What is none, or what check refuses of it, is an error that is errs.Corrupt.
func (p *Place) Record(ctx context.Context, name string, snapshot any, check func() error) error {
	b, err := remote.Read(ctx, p.r, name, maxRecord)
	if err != nil && !errs.Is(err, errs.TooLarge) {
		return p.Blame(err)
	}
	if err == nil {
		err = decode(b, snapshot)
	}
	if err == nil {
		err = check()
	}
	if err == nil {
		return nil
	}
	return errs.New(errs.Corrupt, "%s of the remote %s is no snapshot: %w", name, p.Name, err).
		WithHint("push again from a project that has it, or remove the file")
}

func notFound(err error) bool { return errs.Is(err, errs.NotFound) }
