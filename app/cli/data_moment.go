package cli

import (
	"context"
	"strconv"
	"strings"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
)

// momentOf reads a version that is a time: a day (2026-11-20) means its end, and so does yesterday;
// 2026-11-20T15:04 is of this computer's clock unless it says another; 36h, 7d and 2w are ago.
func momentOf(version string, now time.Time) (time.Time, bool) {
	if version == "yesterday" {
		return endOfDay(now.AddDate(0, 0, -1)), true
	}
	if day, err := time.ParseInLocation(time.DateOnly, version, now.Location()); err == nil {
		return endOfDay(day), true
	}
	for _, form := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(form, version, now.Location()); err == nil {
			return t, true
		}
	}
	return ago(version, now)
}

// endOfDay is the last moment of t's day, which is not always 24 hours long.
func endOfDay(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day()+1, 0, 0, 0, 0, t.Location()).Add(-time.Nanosecond)
}

const maxAgo = 10_000 // of its unit; what is longer is no time that a project has seen

func ago(version string, now time.Time) (time.Time, bool) {
	last := max(0, len(version)-1)
	n, err := strconv.Atoi(version[:last])
	if err != nil || n < 0 || n > maxAgo {
		return time.Time{}, false
	}
	switch version[last:] {
	case "h":
		return now.Add(-time.Duration(n) * time.Hour), true
	case "d":
		return now.AddDate(0, 0, -n), true
	case "w":
		return now.AddDate(0, 0, -7*n), true
	}
	return time.Time{}, false
}

// takenBy finds the newest snapshot that had been taken at a moment.
func (c *call) takenBy(ctx context.Context, name string, at time.Time) (string, int, error) {
	list, err := c.snapshots(ctx, []string{name})
	if err != nil {
		return name, 0, err
	}
	var found dataset.Snapshot
	for _, s := range list {
		if !s.CreatedAt.After(at) && s.Number > found.Number {
			found = s
		}
	}
	if found.Number == 0 {
		return name, 0, errs.New(errs.NotFound, "%s had no snapshot yet at %s", name, when(at)).WithHint("`rondo data log %s` tells when each was taken", name)
	}
	return name, found.Number, nil
}

// orTime says in the hint of an error that a version is none that times are some, too.
func orTime(err error) error {
	const ways = "NAME@NUMBER or NAME@TAG"
	hint := errs.HintOf(err)
	if !strings.Contains(hint, ways) {
		return err
	}
	return &errs.Error{Kind: errs.KindOf(err), Err: err, Hint: strings.Replace(hint, ways, "NAME@NUMBER, NAME@TAG or a time, as NAME@2026-11-20 or NAME@7d", 1)}
}
