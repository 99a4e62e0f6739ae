package loop

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"github.com/robfig/cron/v3"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// schedule is due when a moment of its cron line has passed since it last fired, or
// since it was first seen. However many moments passed meanwhile, it fires once.
func (s *Service) schedule(ctx context.Context, t *Trigger, past []Decision) (bool, error) {
	plan, err := cron.ParseStandard(t.Cron)
	if err != nil {
		return false, errs.New(errs.Invalid, "cron %q cannot be read: %v", t.Cron, err).
			WithHint("write minute, hour, day, month and weekday, such as \"0 3 * * *\"")
	}
	since, err := s.since(ctx, t.Name, t.Cron)
	if err != nil {
		return false, err
	}
	if len(past) > 0 && past[0].OpenedAt.After(since) {
		since = past[0].OpenedAt
	}
	t.Next = plan.Next(since.Local())
	t.Text = "its time is " + t.Next.Format("2006-01-02 15:04")
	t.cause = Cause{Text: t.Text}
	return !t.Next.After(s.opts.Now()), nil
}

// since returns when the schedule was first seen; now, where that is yet to be recorded.
func (s *Service) since(ctx context.Context, trigger, line string) (at time.Time, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		at, err = seen(tx, trigger, line)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) {
		return s.opts.Now(), nil
	}
	return at, err
}

func seen(tx *index.Tx, trigger, line string) (time.Time, error) {
	var ms int64
	err := tx.QueryRow("SELECT since FROM loop_schedules WHERE trigger=? AND cron=?", trigger, line).Scan(&ms)
	return time.UnixMilli(ms), err
}

type sighting struct {
	Cron string `json:"cron"`
}

// see records when a schedule was first seen, so that times before that do not count.
func (s *Service) see(ctx context.Context) error {
	for name, t := range s.opts.File().Triggers {
		if t.On != "schedule" {
			continue
		}
		_, err := s.opts.Ledger.Do(ctx, "schedule.seen", name, func(tx *index.Tx) (any, error) {
			if _, err := seen(tx, name, t.Cron); err == nil {
				return nil, errOpened
			}
			return sighting{t.Cron}, nil
		})
		if err != nil && !errors.Is(err, errOpened) {
			return err
		}
	}
	return nil
}

func applySeen(tx *index.Tx, rec journal.Record) error {
	var in sighting
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO loop_schedules VALUES (?,?,?) ON CONFLICT DO UPDATE SET cron=excluded.cron, since=excluded.since",
		rec.ID, in.Cron, rec.Time().UnixMilli())
	return err
}
