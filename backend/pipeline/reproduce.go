package pipeline

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ref"
)

// Verdicts of a Reproduction.
const (
	Identical = "identical" // every out, bit by bit
	Different = "different"
	NotRun    = "failed" // the stages did not run through
)

// Check is one thing that was compared.
type Check struct {
	What     string `json:"what"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
	Same     bool   `json:"same"`
}

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
}

func (s *Service) repeatDir(id string) string {
	return filepath.Join(s.opts.Device, "reproductions", id)
}

// Reproduce begins to repeat an execution: its code, data and params in a fresh
// folder, every stage forced.
func (s *Service) Reproduce(ctx context.Context, runID string) (Reproduction, error) {
	e, err := s.Execution(ctx, runID)
	if err != nil {
		return Reproduction{}, errs.Wrap(errs.KindOf(err), err, "only executions of the pipeline can be repeated")
	}
	if e.State != Finished {
		return Reproduction{}, errs.New(errs.Precondition, "execution %s has not run through: it is %s", runID, e.State)
	}
	if err := s.opts.Trusted(); err != nil {
		return Reproduction{}, err
	}
	r := Reproduction{ID: ref.NewID(), RunID: runID, Verdict: Running}
	if err := s.prepare(ctx, r, e); err != nil {
		return r, errors.Join(err, os.RemoveAll(s.repeatDir(r.ID)))
	}
	if _, err := s.opts.Ledger.Do(ctx, "reproduction.start", r.ID, func(*index.Tx) (any, error) { return r, nil }); err != nil {
		return r, err
	}
	err = s.opts.Launch(ctx, Launch{
		ID: r.ID, Name: "repeat of " + e.Name, Kind: KindReproduction, Dir: s.repeatDir(r.ID),
		Command: []string{s.opts.Executable, "pipeline-run", s.opts.RunDir(r.ID)}, Tags: map[string]string{"rondo.repeats": runID},
	})
	if err != nil {
		return r, err
	}
	return s.Reproduction(ctx, r.ID)
}

// prepare fills the fresh folder: the code as it was, then the data that no stage made.
func (s *Service) prepare(ctx context.Context, r Reproduction, e Execution) error {
	plan, err := readPlan(s.opts.RunDir(e.ID))
	if err != nil {
		return err
	}
	dir := s.repeatDir(r.ID)
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return errs.Wrap(errs.Unavailable, err, "make the folder of the repetition")
	}
	if err := s.opts.Export(ctx, e.Code, dir); err != nil {
		return err
	}
	for _, a := range e.sources() {
		if err := checkout(ctx, s.opts.Store, dir, a); err != nil {
			return errs.Wrap(errs.KindOf(err), err, "bring back %s as it was", a.Path)
		}
	}
	plan.Project, plan.Objects, plan.Force, plan.NoLock = dir, s.opts.Objects, true, true
	return writePlan(s.opts.RunDir(r.ID), plan)
}

// sources are the deps that no stage of the execution made.
func (e Execution) sources() (list []Artifact) {
	seen := map[string]bool{}
	for _, st := range e.Stages {
		for _, a := range st.Deps {
			made := seen[a.Path]
			for out := range e.Outs {
				made = made || within(out, a.Path) || within(a.Path, out)
			}
			if !made {
				list = append(list, a)
			}
			seen[a.Path] = true
		}
	}
	return list
}

// FinishReproduction compares what came out. A second call changes nothing.
func (s *Service) FinishReproduction(ctx context.Context, id string) (Reproduction, error) {
	r, err := s.Reproduction(ctx, id)
	if err != nil || r.Verdict != Running {
		return r, err
	}
	run, err := s.opts.RunState(ctx, id)
	if err != nil || !run.Ended {
		return r, err
	}
	e, err := s.Execution(ctx, r.RunID)
	if err != nil {
		return r, err
	}
	results, err := readResults(s.opts.RunDir(id))
	if err != nil {
		return r, err
	}
	r.EndedAt = run.EndedAt
	r.compare(e, results, s.opts.Environment(), run)
	_, err = s.opts.Ledger.Do(ctx, "reproduction.finish", id, func(tx *index.Tx) (any, error) { return r, nil })
	if err != nil {
		return r, err
	}
	if r.Verdict != NotRun { // a failed one stays, to be looked at
		if err := os.RemoveAll(s.repeatDir(id)); err != nil {
			return r, err
		}
	}
	if r, err = s.Reproduction(ctx, id); err != nil {
		return r, err
	}
	return r, s.opts.Reproduced(ctx, r)
}

func (r *Reproduction) compare(e Execution, results map[string]StageResult, env map[string]string, run RunState) {
	r.Checks = []Check{}
	for _, st := range e.Stages {
		again, ok := results[st.Name]
		r.check("stage "+st.Name+" runs", "ran", stateWord(again, ok))
		for _, k := range slices.Sorted(maps.Keys(st.Params)) {
			r.checkIf("param "+k, st.Params[k], again.Params[k], ok)
		}
		now := byPath(again.Deps)
		for _, a := range st.Deps {
			r.checkIf("dep "+a.Path, a.Digest.String(), now[a.Path].Digest.String(), ok)
		}
		outs := byPath(again.Outs)
		for _, a := range st.Outs {
			r.checkIf("out "+a.Path, a.Digest.String(), outs[a.Path].Digest.String(), ok)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(e.Env)) {
		r.check("environment "+k, e.Env[k], env[k])
	}
	r.judge(run)
}

func stateWord(r StageResult, ok bool) string {
	if !ok {
		return "cut off"
	}
	return r.State
}

func (r *Reproduction) check(what, expected, found string) {
	r.Checks = append(r.Checks, Check{what, expected, found, expected == found})
}

func (r *Reproduction) checkIf(what, expected, found string, there bool) {
	if there {
		r.check(what, expected, found)
	}
}

// judge sums up. Another environment alone is said, and does not make a difference.
func (r *Reproduction) judge(run RunState) {
	outs, differ := 0, []string{}
	r.Verdict = Identical
	for _, c := range r.Checks {
		isOut := len(c.What) > 4 && c.What[:4] == "out "
		if isOut {
			outs++
		}
		if !c.Same && len(c.What) > 12 && c.What[:12] == "environment " {
			continue
		}
		if !c.Same {
			r.Verdict = Different
			differ = append(differ, c.What)
		}
	}
	switch {
	case !run.OK:
		r.Verdict, r.Text = NotRun, "the stages did not run through again: "+run.Reason
	case r.Verdict == Identical:
		r.Text = fmt.Sprintf("same data, code, params and environment gave the same bytes: %d outs are identical", outs)
	default:
		r.Text = fmt.Sprintf("%v differ", differ)
	}
}

func applyRepeat(tx *index.Tx, rec journal.Record) error {
	var r Reproduction
	if err := json.Unmarshal(rec.Data, &r); err != nil {
		return err
	}
	r.ID, r.At, r.By, r.Checks = rec.ID, rec.Time(), rec.By, []Check{}
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
			return errs.New(errs.NotFound, "there is no repetition %.40q", id)
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

func (s *Service) recoverRepeats(ctx context.Context) error {
	open, err := list[Reproduction](ctx, s, "SELECT data FROM pipeline_reproductions WHERE state=?", Running)
	for _, r := range open {
		if _, err := s.FinishReproduction(ctx, r.ID); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	return err
}
