package monitor

import (
	"context"
	"encoding/json"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ref"
)

// measure compares the first n captures of the buffer with the version's baseline.
func (s *Service) measure(ctx context.Context, c Config, v VersionRef, b *buffer, n int) (Window, error) {
	w := newWindow(c, v, b, n)
	p, err := s.profile(ctx, v)
	switch {
	case err == nil:
		w.compare(p, b.captures[:n])
	case lasting(err):
		w.Status, w.Verdict = StatusNoBasis, noBasisVerdict(err)
	default:
		return w, errs.Wrap(errs.KindOf(err), err, "monitor %s", c.Name)
	}
	w.At = s.opts.Now().UTC()
	return w, s.keep(ctx, &w)
}

// lasting reports whether trying again would end the same way.
func lasting(err error) bool {
	switch errs.KindOf(err) {
	case errs.NotFound, errs.Invalid, errs.Precondition, errs.TooLarge:
		return true
	}
	return false
}

func newWindow(c Config, v VersionRef, b *buffer, n int) Window {
	first, last := b.captures[0], b.captures[n-1]
	w := Window{
		Monitor: c.Name, Endpoint: c.Endpoint, Model: v.Model, Version: v.Version, Rule: c, Task: "classification",
		FirstCapture: first.ID, LastCapture: last.ID, After: b.after, Until: last.Cursor,
		From: first.Time.UTC(), To: first.Time.UTC(), Drifted: []string{}, Faults: []string{}, Columns: []Column{}, Brief: []Brief{},
	}
	for _, x := range b.captures[:n] {
		if x.Time.Before(w.From) {
			w.From = x.Time.UTC()
		}
		if x.Time.After(w.To) {
			w.To = x.Time.UTC()
		}
		if x.OK {
			w.Rows++
		} else {
			w.Failed++
		}
	}
	key, _ := json.Marshal([]any{c.Name, v, w.After, w.Until})
	w.ID = ref.Of(key).String()[:32]
	return w
}

// compare measures every column and judges them together.
func (w *Window) compare(p *profile, captures []Capture) {
	w.BaselineDigest, w.BaselineRows = p.digest, p.rows
	if p.task != "" {
		w.Task = p.task
	}
	for _, c := range p.columns {
		if !w.Rule.wants(c) {
			continue
		}
		cur := &series{}
		for i := range captures {
			if captures[i].OK {
				c.observe(cur, c.of(&captures[i]), 0)
			}
		}
		cur.seal()
		out := compare(c, cur, w.Rule)
		if c.role == RoleText && textParts[c.part] == unknownWords {
			out.NewValues = c.words.strangers(textsOf(c, captures), newValues)
		}
		w.Columns = append(w.Columns, out)
	}
	judge(w)
	w.brief()
}

// wants reports whether a column is to be compared: all of them, or the inputs that
// rondo.yaml names; answers always are.
func (c Config) wants(x *column) bool {
	return len(c.Columns) == 0 || x.role == RolePrediction || x.role == RoleScore || slices.Contains(c.Columns, x.source)
}

// of returns the column's value of a capture.
func (c *column) of(x *Capture) any {
	switch c.role {
	case RolePrediction:
		return answerOf(c.kind, x.Prediction)
	case RoleScore:
		if x.Score == nil {
			return nil
		}
		return *x.Score
	}
	return x.Inputs[c.source]
}

func textsOf(c *column, captures []Capture) (texts []string) {
	for i := range captures {
		if s, ok := captures[i].Inputs[c.source].(string); ok && captures[i].OK {
			texts = append(texts, s)
		}
	}
	return texts
}

func (w *Window) brief() {
	judged := 0
	for _, c := range byEffect(w.Columns) {
		e := lead(c)
		w.Brief = append(w.Brief, Brief{Name: c.Name, Role: c.Role, Measure: e.Measure, Effect: e.Value, Threshold: e.Threshold, PAdjusted: c.PAdjusted, Drifted: c.Drifted})
		if w.Status != StatusTooSmall && enough(c, w.Rule) {
			judged++
		}
	}
	w.DriftShare = share(len(w.Drifted), judged)
}

// keep stores the columns as an object. A crash after it leaves an object that
// nothing names, and the same bytes are found again at the next attempt.
func (s *Service) keep(ctx context.Context, w *Window) error {
	if len(w.Columns) == 0 {
		return nil
	}
	b, err := json.Marshal(w.Columns)
	if err != nil {
		return errs.New(errs.Internal, "the columns of monitor %s cannot be written: %w", w.Monitor, err)
	}
	w.Details, err = s.opts.Store.PutBytes(ctx, b)
	fault.Point("monitor.kept")
	return err
}

const maxProfiles = 8 // baselines kept in memory

// profile returns the version's baseline, learned at most once per start.
func (s *Service) profile(ctx context.Context, v VersionRef) (*profile, error) {
	s.mu.Lock()
	p := s.profiles[v]
	s.mu.Unlock()
	if p != nil {
		return p, nil
	}
	t, err := s.opts.Baselines.Trained(ctx, v)
	if err != nil {
		return nil, errs.Wrap(errs.KindOf(err), err, "the baseline of %s version %d", v.Model, v.Version)
	}
	if p, err = learn(ctx, v, t, s.opts.Predictor); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.profiles) >= maxProfiles {
		clear(s.profiles) // rare; the live ones are learned again
	}
	s.profiles[v] = p
	return p, nil
}
