package run_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/registry"
	"rondo/backend/run"
	"rondo/backend/trace"
)

// common is what all clients use.
type common struct {
	runs    []string
	dataset string
}

// fact is what was answered: nil where it is so.
type fact func(*whole) error

// client does things one after the other, and knows what must be so since.
type client struct {
	*common
	name     string
	chance   *rand.Rand
	n        int
	own      []string // runs that it made
	gone     map[string]bool
	versions []registry.Version
	traces   []string
	known    map[string]fact
}

func newClient(c *common, name string, chance *rand.Rand) *client {
	return &client{common: c, name: name, chance: chance, gone: map[string]bool{}, known: map[string]fact{}}
}

var always = context.Background()

// want is what is wrong where a fact does not hold.
func want(ok bool, got any, err error) error {
	if err == nil && !ok {
		b, _ := json.Marshal(got)
		err = fmt.Errorf("it is %s", b)
	}
	return err
}

func (c *client) act(h *whole) error {
	acts := []func(*whole) error{
		c.create, c.points, c.points, c.mixed, c.mixed, c.leave, c.tag, c.deleteOrRestore, c.end, c.artifact, c.artifact, c.carry,
		c.register, c.stage, c.trace, c.assess, c.question, c.loggedModel,
	}
	c.n++
	return acts[c.chance.IntN(len(acts))](h)
}

// fresh is a name that nothing else has.
func (c *client) fresh() string { return fmt.Sprintf("%s-%d", c.name, c.n) }

func pick[T any](c *client, list []T) T { return list[c.chance.IntN(len(list))] }

func (c *client) create(h *whole) error {
	name := c.fresh()
	r, err := h.runs.Create(always, run.Create{Name: name, Params: map[string]string{"made": name}})
	if err != nil {
		return err
	}
	c.own = append(c.own, r.ID)
	c.known["run "+name] = func(h *whole) error {
		r, err := h.runs.Get(always, r.ID)
		return want(r.Name == name && r.Params["made"] == name && (r.Lifecycle == run.Deleted) == c.gone[r.ID], r, err)
	}
	return nil
}

// some is a run that can be logged to.
func (c *client) some() string {
	if len(c.own) > 0 && c.chance.IntN(2) == 0 {
		if id := pick(c, c.own); !c.gone[id] {
			return id
		}
	}
	return pick(c, c.runs)
}

func (c *client) batch(key string) []run.Point {
	list := make([]run.Point, 1+c.chance.IntN(40))
	for i := range list {
		list[i] = run.Point{Key: key, Value: float64(i), Step: int64(i), Time: 1}
	}
	return list
}

// logged is that a run has n points of a key, and counts them so.
func logged(id, key string, n int) fact {
	return func(h *whole) error {
		_, total, err := h.runs.History(always, id, key, 0, 0)
		if err := want(total == n, total, err); err != nil {
			return err
		}
		r, err := h.runs.Get(always, id)
		return want(r.Metrics[key].Count == int64(n) && r.Metrics[key].Value == run.Float(n-1), r.Metrics[key], err)
	}
}

func (c *client) points(h *whole) error {
	id, key := c.some(), c.fresh()
	list := c.batch(key)
	err := h.runs.Log(always, id, run.Batch{Points: list})
	c.known["points "+key] = logged(id, key, len(list))
	return err
}

func (c *client) mixed(h *whole) error {
	id, key := c.some(), c.fresh()
	list := c.batch(key)
	err := h.runs.Log(always, id, run.Batch{Points: list, Params: map[string]string{key: key}, Tags: map[string]string{key: strings.Repeat(key, c.chance.IntN(200))}})
	c.known["points "+key] = logged(id, key, len(list))
	c.known["param "+key] = func(h *whole) error {
		r, err := h.runs.Get(always, id)
		return want(r.Params[key] == key, r.Params, err)
	}
	return err
}

// leave goes away while it logs: what comes of it is all or nothing.
func (c *client) leave(h *whole) error {
	id, key := c.some(), c.fresh()
	ctx, cancel := context.WithTimeout(always, time.Duration(c.chance.IntN(4000))*time.Microsecond)
	defer cancel()
	err := h.runs.Log(ctx, id, run.Batch{Points: []run.Point{{Key: key, Value: 1}}, Params: map[string]string{key: key}})
	c.known["what was left "+key] = func(h *whole) error {
		r, e := h.runs.Get(always, id)
		_, there := r.Metrics[key]
		return want(there == (r.Params[key] == key) && (there || err != nil), r.Params, e)
	}
	return nil
}

func (c *client) tag(h *whole) error {
	id, value := pick(c, c.runs), c.fresh()
	var err error
	if remove := c.chance.IntN(3) == 0; remove {
		value = ""
		if err = h.runs.DeleteTag(always, id, c.name); errs.Is(err, errs.NotFound) {
			err = nil
		}
	} else {
		err = h.runs.Log(always, id, run.Batch{Tags: map[string]string{c.name: value}})
	}
	c.known["tag of "+id] = func(h *whole) error {
		r, err := h.runs.Get(always, id)
		return want(r.Tags[c.name] == value, r.Tags, err)
	}
	return err
}

// end says that a run has ended, which others go on logging to: its file is closed and opened again.
func (c *client) end(h *whole) error {
	status := pick(c, []string{run.Finished, run.Failed, run.Running})
	r, err := h.runs.Update(always, pick(c, c.runs), run.Change{Status: &status})
	return want(r.ID != "", r, err)
}

func (c *client) deleteOrRestore(h *whole) error {
	if len(c.own) == 0 {
		return nil
	}
	id := pick(c, c.own)
	do := h.runs.Delete
	if c.gone[id] {
		do = h.runs.Restore
	}
	err := do(always, id)
	c.gone[id] = !c.gone[id]
	if c.gone[id] && err == nil && !errs.Is(h.runs.Log(always, id, run.Batch{Points: c.batch("late")}), errs.Precondition) {
		err = errors.New("a deleted run was logged to")
	}
	return err
}

func (c *client) artifact(h *whole) error {
	id, name := pick(c, c.runs), fmt.Sprintf("%s/%d/file", c.name, c.chance.IntN(3))
	text := c.fresh()
	if c.chance.IntN(3) == 0 {
		text = ""
		if err := h.runs.DeleteArtifact(always, id, c.name); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		for i := range 3 {
			delete(c.known, fmt.Sprintf("artifact %s/%d/file of %s", c.name, i, id))
		}
	} else if _, err := h.runs.PutArtifact(always, id, name, strings.NewReader(text)); err != nil {
		return err
	}
	c.known[fmt.Sprintf("artifact %s of %s", name, id)] = func(h *whole) error {
		f, _, err := h.runs.OpenArtifact(always, id, name)
		if errs.Is(err, errs.NotFound) && text == "" {
			return h.runs.CheckArtifacts(always, id, "")
		}
		if err != nil {
			return err
		}
		defer f.Close()
		b, err := io.ReadAll(f)
		return want(string(b) == text, string(b), err)
	}
	return nil
}

// carry brings a run in, in parts, and again with more.
func (c *client) carry(h *whole) error {
	key := c.fresh()
	id := strings.Repeat("0", 32-len(key)) + strings.ReplaceAll(key, "-", "a")
	list := c.batch(key)
	for _, n := range []int{len(list)/2 + 1, len(list)} {
		in := run.Carried{Run: run.Run{ID: id, ExperimentID: "0", Name: key, Status: run.Finished, StartedAt: time.UnixMilli(1000)}}
		in.Points = func(yield func([]run.Point) error) error {
			return errors.Join(yield(list[:n/2]), yield(list[n/2:n]))
		}
		if _, err := h.runs.Carry(always, in); err != nil {
			return err
		}
	}
	c.known["brought "+key] = logged(id, key, len(list))
	return nil
}

func (c *client) register(h *whole) error {
	model, source := fmt.Sprint("model ", c.chance.IntN(2)), c.fresh()
	v, err := h.registry.CreateVersion(always, registry.CreateVersion{Model: model, Source: source, MayBeEmpty: true, Tags: map[string]string{"by": source}})
	if err != nil {
		return err
	}
	c.versions = append(c.versions, v)
	c.known["version "+source] = func(h *whole) error {
		got, err := h.registry.Version(always, v.Model, v.Version)
		return want(got.Source == source && got.Digest == v.Digest && got.Tags["by"] == source, got, err)
	}
	return nil
}

func (c *client) stage(h *whole) error {
	if len(c.versions) == 0 {
		return nil
	}
	v, text := pick(c, c.versions), c.fresh()
	_, err := h.registry.Alias(always, v.Model, c.name, v.Version, text, "")
	c.known["alias "+v.Model] = func(h *whole) error {
		n, err := h.registry.Resolve(always, v.Model, c.name)
		return want(n == v.Version, n, err)
	}
	stage := pick(c, []string{"Staging", "Production", "Archived"})
	err = errors.Join(err, h.registry.SetStage(always, v.Model, v.Version, stage, false), h.registry.UpdateVersion(always, v.Model, v.Version, text))
	c.known[fmt.Sprint("stage of ", v.Model, v.Version)] = func(h *whole) error {
		got, err := h.registry.Version(always, v.Model, v.Version)
		return want(got.Stage == stage && got.Description == text, got, err)
	}
	return err
}

func (c *client) trace(h *whole) error {
	hex := fmt.Sprintf("%032x", c.chance.Uint64()>>8)
	id := "tr-" + hex
	span := func(n, parent string) trace.Span {
		return trace.Span{TraceID: hex, ID: n, ParentID: parent, Name: c.fresh(), Start: 1e9, End: 2e9}
	}
	_, err := h.traces.LogSpans(always, "0", []trace.Group{{Spans: []trace.Span{span("0000000000000001", ""), span("0000000000000002", "0000000000000001")}}})
	err = errors.Join(err, h.traces.SetTag(always, id, "by", c.name), h.traces.LinkRun(always, []string{id}, pick(c, c.runs)))
	if c.chance.IntN(4) == 0 && err == nil {
		_, err = h.traces.Delete(always, trace.Delete{ExperimentID: "0", IDs: []string{id}})
		c.known["deleted trace "+id] = func(h *whole) error {
			if _, err := h.traces.Get(always, id); !errs.Is(err, errs.NotFound) {
				return fmt.Errorf("it is there: %w", err)
			}
			return nil
		}
		return err
	}
	c.traces = append(c.traces, id)
	c.known["trace "+id] = func(h *whole) error {
		list, e1 := h.traces.Spans(always, id)
		t, e2 := h.traces.Get(always, id)
		return want(len(list) == 2 && t.Tags["by"] == c.name && t.State == trace.OK, t, errors.Join(e1, e2))
	}
	return err
}

func (c *client) assess(h *whole) error {
	if len(c.traces) == 0 {
		return nil
	}
	text := c.fresh()
	a, err := h.traces.Assess(always, trace.Assessment{TraceID: pick(c, c.traces), Name: "good", Kind: trace.Feedback, Value: json.RawMessage(`true`), Rationale: &text})
	c.known["assessment "+text] = func(h *whole) error {
		got, err := h.traces.Assessment(always, a.TraceID, a.ID)
		return want(err == nil && *got.Rationale == text, got, err)
	}
	return err
}

func (c *client) question(h *whole) error {
	text := c.fresh()
	_, _, err := h.judged.Merge(always, c.dataset, []evaluation.Record{{Inputs: map[string]json.RawMessage{"q": json.RawMessage(`"` + text + `"`)}}})
	c.known["question "+text] = func(h *whole) error {
		list, err := h.judged.Records(always, c.dataset, 0, 10_000)
		for _, r := range list {
			if string(r.Inputs["q"]) == `"`+text+`"` {
				return err
			}
		}
		return want(false, len(list), err)
	}
	return err
}

func (c *client) loggedModel(h *whole) error {
	name := c.fresh()
	m, err := h.runs.CreateLoggedModel(always, run.LoggedModel{Name: name, Tags: map[string]string{"by": name}})
	if err == nil {
		err = h.runs.Log(always, pick(c, c.runs), run.Batch{Points: []run.Point{{Key: "good", Value: 1, Model: m.ID}, {Key: "good", Value: 2, Step: 1, Time: 1, Model: m.ID}}})
	}
	if err == nil {
		_, err = h.runs.FinalizeLoggedModel(always, m.ID, run.ModelReady, "")
	}
	c.known["logged model "+name] = func(h *whole) error {
		got, err := h.runs.LoggedModel(always, m.ID)
		return want(got.Status == run.ModelReady && len(got.Metrics) == 1 && got.Metrics[0].Value == 2 && got.Tags["by"] == name, got, err)
	}
	return err
}
