package gate

import (
	"maps"
	"slices"
)

const maxParts = 200 // classes or segments that are listed

// judgeParts holds the rule against every class or segment; all must pass.
func (d *Data) judgeParts(v *Verdict) {
	if v.Per == "class" {
		for _, c := range Score(d.Task, d.Labels, d.Answers).Classes {
			if c.Rows > 0 { // a class that only the model makes up shows in the precision of none
				v.add(Part{Name: c.Class, Rows: c.Rows, Value: c.rate(v.Metric)})
			}
		}
		return
	}
	for _, s := range d.segments() {
		part := d.only(s)
		rule := v.Rule
		rule.Per = ""
		inner := part.judge(rule)
		v.append(Part{Name: s, Rows: len(part.Labels), Value: inner.Value, Passed: inner.Passed, Text: inner.Text})
	}
}

func (v *Verdict) add(p Part) {
	p.Passed = v.Holds(p.Value)
	v.append(p)
}

func (v *Verdict) append(p Part) {
	v.Passed = v.Passed && p.Passed
	if len(v.Parts) < maxParts || !p.Passed {
		v.Parts = append(v.Parts, p)
	}
}

// segments lists the values of the segment column.
func (d *Data) segments() []string {
	seen := map[string]bool{}
	for _, s := range d.Segments {
		seen[s] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// only returns the rows of one segment.
func (d *Data) only(segment string) *Data {
	out := &Data{Task: d.Task, Seed: d.Seed, Others: map[string]Other{}}
	pick := func(from []string) (to []string) {
		for i, s := range d.Segments {
			if s == segment {
				to = append(to, from[i])
			}
		}
		return to
	}
	out.Labels, out.Answers = pick(d.Labels), pick(d.Answers)
	for alias, o := range d.Others {
		out.Others[alias] = Other{o.Version, pick(o.Answers)}
	}
	return out
}

// Compare sets the judged version beside another, as a whole and per segment.
func (d *Data) Compare(alias, metric string, o Other, confidence float64) *Comparison {
	if confidence == 0 {
		confidence = DefaultConfidence
	}
	whole := d.pair("", metric, o.Answers, confidence)
	c := &Comparison{
		Alias: alias, Version: o.Version, Metric: metric, Value: whole.Value, Reference: whole.Reference,
		Difference: whole.Difference, Interval: whole.Interval, Segments: []SegmentPair{}, Other: Score(d.Task, d.Labels, o.Answers),
	}
	for i, l := range d.Labels {
		switch mine, theirs := d.Answers[i] == l, o.Answers[i] == l; {
		case mine && !theirs:
			c.Better++
		case theirs && !mine:
			c.Worse++
		}
	}
	for _, s := range d.segments() {
		if len(c.Segments) == maxParts {
			break
		}
		part := d.only(s)
		answers := (&Data{Segments: d.Segments, Answers: o.Answers, Labels: d.Labels}).only(s).Answers
		c.Segments = append(c.Segments, part.pair(s, metric, answers, confidence))
	}
	c.Text = c.words()
	return c
}

func (d *Data) pair(name, metric string, other []string, confidence float64) SegmentPair {
	a, _ := Score(d.Task, d.Labels, d.Answers).Get(metric)
	b, _ := Score(d.Task, d.Labels, other).Get(metric)
	return SegmentPair{
		Name: name, Rows: len(d.Labels), Value: a, Reference: b, Difference: Gain(metric, a, b),
		Interval: better(metric, paired(metric, d.Labels, d.Answers, other, confidence, d.Seed)),
	}
}
