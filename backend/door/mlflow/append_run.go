package mlflow

import (
	"bytes"
	"errors"
	"slices"
	"strconv"

	"rondo/backend/run"
)

// opened is a list that is being written.
type opened struct {
	b     []byte
	begun bool
}

// next is where the next element is written.
func (l *opened) next() []byte {
	if l.begun {
		return append(l.b, ',')
	}
	l.begun = true
	return l.b
}

func (l *opened) pair(key, value []byte) {
	b := appendText(append(l.next(), `{"key":`...), key)
	b = appendText(append(b, `,"value":`...), value)
	l.b = append(b, '}')
}

// appendEach is appendList of what fill adds.
func appendEach(b []byte, name string, fill func(*opened) error) ([]byte, error) {
	l := opened{b: append(append(append(b, '"'), name...), '"', ':', '[')}
	err := fill(&l)
	if !l.begun {
		return b, err
	}
	return append(l.b, ']', ','), err
}

func appendInfo(b []byte, i *runInfo) []byte {
	b = appendText(append(b, `{"run_uuid":`...), i.UUID)
	b = appendField(b, "experiment_id", i.ExperimentID)
	b = appendField(b, "run_name", i.Name)
	b = appendField(b, "user_id", i.User)
	b = appendField(b, "status", i.Status)
	if i.Start != 0 {
		b = strconv.AppendInt(append(b, `,"start_time":`...), i.Start, 10)
	}
	if i.End != 0 {
		b = strconv.AppendInt(append(b, `,"end_time":`...), i.End, 10)
	}
	b = appendField(b, "artifact_uri", i.ArtifactURI)
	b = appendField(b, "lifecycle_stage", i.Lifecycle)
	return append(appendField(b, "run_id", i.ID), '}')
}

// runPen writes runs. The runs of a page mostly have the same keys at the same places, and
// metrics that were logged together the same time: what was written for the one before is
// copied then.
type runPen struct {
	keys []writtenKey // of the run before
	at   int64        // ms since 1970
	time []byte       // at, written
}

type writtenKey struct{ key, text []byte }

func newRunPen() appendOne[run.Listed] { return (&runPen{}).append }

// opening writes the beginning of the metric at a place of its run, up to its value.
func (p *runPen) opening(b []byte, place int, key []byte) []byte {
	if place == len(p.keys) {
		p.keys = append(p.keys, writtenKey{})
	}
	k := &p.keys[place]
	if k.text == nil || !bytes.Equal(k.key, key) {
		k.key = append(k.key[:0], key...)
		k.text = append(appendText(append(k.text[:0], `{"key":`...), key), `,"value":`...)
	}
	return append(b, k.text...)
}

func (p *runPen) moment(b []byte, ms int64) []byte {
	if p.time == nil || ms != p.at {
		p.at, p.time = ms, strconv.AppendInt(p.time[:0], ms, 10)
	}
	return append(b, p.time...)
}

func (p *runPen) metrics(b []byte, r *run.Listed) ([]byte, error) {
	return appendEach(b, "metrics", func(l *opened) error {
		place := 0
		return r.EachMetric(func(key []byte, m *run.Metric) {
			b := p.opening(l.next(), place, key)
			place++
			b = appendNumber(b, m.Value)
			b = p.moment(append(b, `,"timestamp":`...), m.Time)
			b = strconv.AppendInt(append(b, `,"step":`...), m.Step, 10)
			b = appendOptional(b, "dataset_name", m.Data.Name)
			b = appendOptional(b, "dataset_digest", m.Data.Digest)
			b = appendOptional(b, "model_id", m.Model)
			l.b = append(b, '}')
		})
	})
}

// append writes what fromRun would return.
func (p *runPen) append(b []byte, r *run.Listed) ([]byte, error) {
	info := wireInfo(&r.Run)
	b = appendInfo(append(b, `{"info":`...), &info)
	b = append(b, `,"data":{`...)
	b, e1 := p.metrics(b, r)
	b, e2 := appendEach(b, "params", func(l *opened) error { return r.EachParam(l.pair) })
	b, e3 := appendEach(b, "tags", func(l *opened) error { return eachTag(r, l.pair) })
	b = closed(b)
	b = append(b, `,"inputs":`...)
	if len(r.Inputs)+len(r.ModelInputs) > 0 {
		b = appendAny(b, wireInputs(&r.Run))
	} else {
		b = append(b, "{}"...)
	}
	b = append(b, `,"outputs":`...)
	if len(r.ModelOutputs) > 0 {
		b = appendAny(b, runOutputs{r.ModelOutputs})
	} else {
		b = append(b, "{}"...)
	}
	return append(b, '}'), errors.Join(e1, e2, e3)
}

// runsAnswer is a page of runs.
type runsAnswer struct {
	Runs []run.Listed
	Next string
}

const runsAtOnce = 100 // that are worth a goroutine of their own to be written

func (a runsAnswer) appendJSON() ([][]byte, error) {
	return inParts("runs", a.Runs, runsAtOnce, a.Next, newRunPen)
}

// MarshalJSON is for GraphQL, which takes answers apart.
func (a runsAnswer) MarshalJSON() ([]byte, error) {
	pieces, err := a.appendJSON()
	return slices.Concat(pieces...), err
}
