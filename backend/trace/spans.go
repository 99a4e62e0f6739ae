package trace

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// Group is spans that one program sent, with what it says of itself.
type Group struct {
	Trace    string            `json:"trace,omitempty"`    // where they belong to another trace than their ids say
	Resource map[string]string `json:"resource,omitempty"` // becomes tags of the traces
	Spans    []Span            `json:"spans"`
}

// spansRecord is what one call brings: spans of one or several traces, all or none.
type spansRecord struct {
	ExperimentID string            `json:"experiment_id"`
	Place        map[string]string `json:"place,omitempty"` // where a trace's files are, by its id
	Groups       []Group           `json:"groups"`
}

// LogSpans keeps spans; their traces come into being with the first of them. It
// returns the ids of traces whose root is among the spans.
func (s *Service) LogSpans(ctx context.Context, experimentID string, groups []Group) (done []string, err error) {
	if err := s.opts.Experiment(ctx, experimentID); err != nil {
		return nil, err
	}
	rec := spansRecord{ExperimentID: experimentID, Groups: groups, Place: map[string]string{}}
	n := 0
	for _, g := range groups {
		if n += len(g.Spans); n > maxSpans {
			return nil, errs.New(errs.TooLarge, "%d spans in one call are over the limit of %d", n, maxSpans)
		}
		if err := checkPairs(g.Resource); err != nil {
			return nil, err
		}
		if done, err = s.owned(rec, g, done); err != nil {
			return nil, err
		}
	}
	if n == 0 {
		return nil, nil
	}
	_, err = s.opts.Ledger.Do(ctx, "trace.spans", experimentID, func(*index.Tx) (any, error) { return rec, nil })
	return done, err
}

func (g *Group) traceID(s *Span) string {
	if g.Trace != "" {
		return g.Trace
	}
	return idPrefix + s.TraceID
}

// owned checks spans, says in each which trace it is of, and collects the traces whose root is there.
func (s *Service) owned(rec spansRecord, g Group, done []string) ([]string, error) {
	spans := g.Spans
	if g.Trace != "" {
		if err := checkID(g.Trace); err != nil {
			return nil, err
		}
	}
	for i := range spans {
		if err := spans[i].check(); err != nil {
			return nil, err
		}
		id := g.traceID(&spans[i])
		spans[i].own(id)
		rec.Place[id] = s.opts.Place(rec.ExperimentID, id)
		if spans[i].ParentID == "" && !slices.Contains(done, id) {
			done = append(done, id)
		}
	}
	return done, nil
}

func applySpans(tx *index.Tx, rec journal.Record, in spansRecord) error {
	for _, g := range in.Groups {
		var order []string
		byTrace := map[string][]Span{}
		for _, sp := range g.Spans {
			id := g.traceID(&sp)
			if byTrace[id] == nil {
				order = append(order, id)
			}
			byTrace[id] = append(byTrace[id], sp)
		}
		for _, id := range order {
			if err := applyTraceSpans(tx, rec, in, id, Group{Resource: g.Resource, Spans: byTrace[id]}); err != nil {
				return err
			}
		}
	}
	return nil
}

func applyTraceSpans(tx *index.Tx, rec journal.Record, in spansRecord, id string, g Group) error {
	spans := g.Spans
	first, last, state := extent(spans)
	var duration *int64
	if last > 0 {
		d := last - first
		duration = &d
	}
	orGoing := state
	if orGoing == "" {
		orGoing = InProgress
	}
	_, err := tx.Exec("INSERT INTO trace_traces VALUES (?,?,'',?,?,?,NULL,NULL,0,?) ON CONFLICT DO NOTHING",
		id, in.ExperimentID, first, duration, orGoing, millis(rec.Time()))
	if err != nil {
		return err
	}
	for i := range spans {
		if err := putSpan(tx, id, &spans[i]); err != nil {
			return err
		}
	}
	if err := widen(tx, id, first, last, state); err != nil {
		return err
	}
	tags := map[string]string{SpansTag: SpansHere}
	if place := in.Place[id]; place != "" {
		if _, err := tx.Exec("INSERT INTO trace_tags VALUES (?,?,?) ON CONFLICT DO NOTHING", id, PlaceTag, place); err != nil {
			return err
		}
	}
	for k, v := range g.Resource {
		tags[k] = v
	}
	if err := setPairs(tx, "trace_tags", id, tags); err != nil {
		return err
	}
	return learn(tx, id, spans)
}

// extent returns when spans began and ended, in ms, and how their root ended.
func extent(spans []Span) (first, last int64, state string) {
	first = spans[0].Start
	for _, s := range spans {
		first, last = min(first, s.Start), max(last, s.End)
		if s.ParentID == "" {
			if state = OK; s.Status.Code == 2 {
				state = Failed
			}
		}
	}
	return first / 1e6, last / 1e6, state
}

var statuses = []string{"UNSET", "OK", "ERROR"}

func putSpan(tx *index.Tx, id string, s *Span) error {
	b, err := json.Marshal(s)
	if err != nil {
		return err
	}
	status := statuses[0]
	if s.Status.Code > 0 && int(s.Status.Code) < len(statuses) {
		status = statuses[s.Status.Code]
	}
	_, err = tx.Exec(`INSERT INTO trace_spans VALUES (?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET parent=excluded.parent, name=excluded.name, type=excluded.type,
		status=excluded.status, start=excluded.start, end=excluded.end, sums=excluded.sums, text=excluded.text, data=excluded.data`,
		id, s.ID, s.ParentID, s.Name, s.Type(), status, s.Start, s.End, s.sums(), s.words(), string(b))
	return err
}

// widen makes a trace as long as its spans, unless its maker has said how long it is.
func widen(tx *index.Tx, id string, first, last int64, state string) error {
	if _, err := tx.Exec(`UPDATE trace_traces SET time=min(time, ?1), duration=CASE WHEN ?2=0 THEN duration ELSE max(coalesce(time+duration, 0), ?2)-min(time, ?1) END
		WHERE id=?3 AND whole=0`, first, last, id); err != nil {
		return err
	}
	if state == "" {
		return nil
	}
	_, err := tx.Exec("UPDATE trace_traces SET state=? WHERE id=? AND state IN (?,?)", state, id, InProgress, Unspecified)
	return err
}

// learn takes from spans what describes the whole trace and nobody has said yet.
func learn(tx *index.Tx, id string, spans []Span) error {
	facts := map[string]string{}
	for i := range spans {
		s := &spans[i]
		if s.ParentID == "" {
			if err := learnRoot(tx, id, s); err != nil {
				return err
			}
		}
		for key, names := range map[string][]string{SessionKey: {"session.id", "gen_ai.conversation.id", SessionKey}, UserKey: {"user.id", UserKey}} {
			for _, name := range names {
				if v, ok := s.get(name); ok && facts[key] == "" {
					facts[key] = cut(unquoted(v.Text()), maxText)
				}
			}
		}
	}
	for key, value := range facts {
		if value == "" {
			continue
		}
		if _, err := tx.Exec("INSERT INTO trace_metadata VALUES (?,?,?) ON CONFLICT DO NOTHING", id, key, value); err != nil {
			return err
		}
	}
	return learnSums(tx, id)
}

func learnRoot(tx *index.Tx, id string, s *Span) error {
	preview := func(keys ...string) any {
		for _, key := range keys {
			if v, ok := s.get(key); ok {
				return cut(v.Text(), 1000)
			}
		}
		return nil
	}
	_, err := tx.Exec("UPDATE trace_traces SET request=coalesce(request, ?), response=coalesce(response, ?) WHERE id=?",
		preview("mlflow.spanInputs", "input.value", "gen_ai.prompt"), preview("mlflow.spanOutputs", "output.value", "gen_ai.completion"), id)
	if err != nil {
		return err
	}
	tags := map[string]string{}
	for _, a := range s.Attributes {
		if key, ok := strings.CutPrefix(a.Key, "mlflow.traceTag."); ok && checkKey(key) == nil {
			tags[key] = cut(unquoted(a.Value.Text()), maxText)
		}
	}
	return setPairs(tx, "trace_tags", id, tags)
}

func spansOf(tx *index.Tx, id string) ([]Span, error) {
	return index.Records[Span](tx, "SELECT data FROM trace_spans WHERE trace=? ORDER BY parent<>'', start, id", id)
}

func exists(tx *index.Tx, id string) error {
	var one int
	err := tx.QueryRow("SELECT 1 FROM trace_traces WHERE id=?", id).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return notFound(id)
	}
	return err
}
