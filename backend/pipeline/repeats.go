package pipeline

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// Reproduction is an execution that was done again from its record, in a fresh folder.
type Reproduction struct {
	ID      string    `json:"id"`      // that of its run
	RunID   string    `json:"run_id"`  // what was repeated
	Verdict string    `json:"verdict"` // running until it is known
	Checks  []Check   `json:"checks"`
	Text    string    `json:"text"`
	At      time.Time `json:"at"`
	By      string    `json:"by,omitempty"`
	EndedAt time.Time `json:"ended_at,omitzero"`
	Device  string    `json:"device,omitempty"` // the installation that it runs on
	Keep    bool      `json:"keep,omitempty"`   // the folder is not removed
	Folder  string    `json:"folder,omitempty"` // where it is, as long as it is kept
}

func applyRepeat(tx *index.Tx, rec journal.Record) error {
	var r Reproduction
	if err := json.Unmarshal(rec.Data, &r); err != nil {
		return err
	}
	r.ID, r.At, r.By, r.Device, r.Checks = rec.ID, rec.Time(), rec.By, rec.Device, []Check{}
	return put(tx, "INSERT INTO pipeline_reproductions (state, clock, data, id, run) VALUES (?,?,?,?,?) ON CONFLICT DO NOTHING", r.Verdict, int64(rec.Clock), r, r.ID, r.RunID)
}

func applyRepeated(tx *index.Tx, rec journal.Record) error {
	var r Reproduction
	if err := json.Unmarshal(rec.Data, &r); err != nil {
		return err
	}
	_, err := tx.Exec("UPDATE pipeline_reproductions SET state=?, data=? WHERE id=?", r.Verdict, string(rec.Data), rec.ID)
	return err
}

// Reproduction returns one.
func (s *Service) Reproduction(ctx context.Context, id string) (r Reproduction, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		var data string
		err := tx.QueryRow("SELECT data FROM pipeline_reproductions WHERE id=?", id).Scan(&data)
		if errors.Is(err, sql.ErrNoRows) {
			return errs.New(errs.NotFound, "there is no repetition %.40q", id).WithHint("`rondo reproduce RUN` makes one")
		}
		if err != nil {
			return err
		}
		return json.Unmarshal([]byte(data), &r)
	})
	return r, err
}

// Reproductions lists them, newest first.
func (s *Service) Reproductions(ctx context.Context) ([]Reproduction, error) {
	return list[Reproduction](ctx, s, "SELECT data FROM pipeline_reproductions ORDER BY clock DESC, id LIMIT 200")
}

// recoverRepeats finishes what ended while no server ran, and removes what is left of
// those that are over.
func (s *Service) recoverRepeats(ctx context.Context) error {
	open, err := list[Reproduction](ctx, s, "SELECT data FROM pipeline_reproductions WHERE state=?", Running)
	if err != nil {
		return err
	}
	for _, r := range open {
		if r.Device != s.opts.Ledger.Device() {
			continue
		}
		if err := s.recoverRepeat(ctx, r); err != nil {
			return err
		}
	}
	return s.sweep(ctx)
}

func (s *Service) recoverRepeat(ctx context.Context, r Reproduction) error {
	s.launching.Lock()
	_, err := s.opts.RunState(ctx, r.ID)
	if errs.Is(err, errs.NotFound) {
		err = s.neverLaunched(ctx, r, "the server ended before it was")
	}
	s.launching.Unlock()
	if err == nil {
		_, err = s.FinishReproduction(ctx, r.ID)
	}
	return err
}

func (s *Service) sweep(ctx context.Context) error {
	left, err := os.ReadDir(s.repeats())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return errs.Wrap(errs.Unavailable, err, "look for old repetitions")
	}
	for _, d := range left {
		if _, busy := s.preparing.Load(d.Name()); busy {
			continue
		}
		r, err := s.Reproduction(ctx, d.Name())
		if errs.Is(err, errs.NotFound) || err == nil && r.Verdict != Running && r.Folder == "" {
			err = os.RemoveAll(s.repeatDir(d.Name()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
