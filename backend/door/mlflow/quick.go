package mlflow

import (
	"strconv"

	"rondo/backend/run"
)

// quickBatch reads the body of a log-batch as training loops send it: metrics alone, of
// plain texts and numbers. Everything else, and every mistake, is left to the schema,
// which takes several times as long and knows what to say; ok is false then.
func quickBatch(b []byte) (m message, ok bool) {
	q := quick{b: b, keys: map[string]string{}}
	var id string
	var list []run.Point
	q.space()
	q.object(func(name string) {
		switch name {
		case "run_id":
			id = q.text()
		case "metrics":
			list = q.points()
		case "params", "tags":
			q.nothing()
		default:
			q.fail()
		}
	})
	q.space()
	return message{"run_id": id, "metrics": list}, !q.bad && q.i == len(q.b) && id != "" && list != nil
}

// quick walks over JSON of a few forms and notes when it meets another.
type quick struct {
	b    []byte
	i    int
	bad  bool
	keys map[string]string // so that each text is kept once
}

func (q *quick) fail() { q.bad, q.i = true, len(q.b) }

func (q *quick) space() {
	for q.i < len(q.b) && (q.b[q.i] == ' ' || q.b[q.i] == '\n' || q.b[q.i] == '\t' || q.b[q.i] == '\r') {
		q.i++
	}
}

// take passes over a character, which may have space around.
func (q *quick) take(c byte) bool {
	q.space()
	if q.i >= len(q.b) || q.b[q.i] != c {
		return false
	}
	q.i++
	q.space()
	return true
}

func (q *quick) must(c byte) {
	if !q.take(c) {
		q.fail()
	}
}

// object calls field for each name, whose value field reads. An empty one is left to the schema.
func (q *quick) object(field func(name string)) {
	for q.must('{'); !q.bad; {
		name := q.text()
		q.must(':')
		if field(name); q.take('}') {
			return
		}
		q.must(',')
	}
}

func (q *quick) points() []run.Point {
	list := make([]run.Point, 0, min(maxMetrics, 1+len(q.b)/64))
	for q.must('['); !q.bad; {
		list = append(list, q.point())
		if q.take(']') {
			break
		}
		q.must(',')
	}
	return list
}

func (q *quick) point() (p run.Point) {
	valued, timed := false, false
	q.object(func(name string) {
		switch name {
		case "key":
			p.Key = q.text()
		case "value":
			p.Value, valued = q.float(), true
		case "timestamp":
			p.Time, timed = q.whole(), true
		case "step":
			p.Step = q.whole()
		case "model_id":
			p.Model = q.text()
		case "dataset_name":
			p.Dataset.Name = q.text()
		case "dataset_digest":
			p.Dataset.Digest = q.text()
		default:
			q.fail()
		}
	})
	if p.Key == "" || !valued || !timed {
		q.fail()
	}
	return p
}

// nothing is an empty list.
func (q *quick) nothing() {
	q.must('[')
	q.must(']')
}

// text is one without escapes and of ASCII only.
func (q *quick) text() string {
	if q.i >= len(q.b) || q.b[q.i] != '"' {
		q.fail()
		return ""
	}
	for end := q.i + 1; end < len(q.b); end++ {
		switch c := q.b[end]; {
		case c == '"':
			raw := q.b[q.i+1 : end]
			q.i = end + 1
			return q.known(raw)
		case c < ' ' || c == '\\' || c >= 0x7f:
			q.fail()
			return ""
		}
	}
	q.fail()
	return ""
}

func (q *quick) known(raw []byte) string {
	if s, ok := q.keys[string(raw)]; ok {
		return s
	}
	s := string(raw)
	q.keys[s] = s
	return s
}

// number passes over what may be a number; JSON has fewer than ParseFloat takes.
func (q *quick) number() string {
	from := q.i
	if q.i < len(q.b) && q.b[q.i] == '-' {
		q.i++
	}
	first := q.i
	for ; q.i < len(q.b); q.i++ {
		if c := q.b[q.i]; (c < '0' || c > '9') && c != '.' && c != 'e' && c != 'E' && c != '+' && c != '-' {
			break
		}
	}
	raw := q.b[first:q.i]
	if len(raw) == 0 || raw[0] < '0' || raw[0] > '9' || len(raw) > 1 && raw[0] == '0' && raw[1] >= '0' && raw[1] <= '9' {
		q.fail()
		return ""
	}
	for i, c := range raw { // a point stands between digits
		if c == '.' && (i+1 == len(raw) || raw[i+1] < '0' || raw[i+1] > '9') {
			q.fail()
			return ""
		}
	}
	return string(q.b[from:q.i])
}

func (q *quick) float() float64 {
	x, err := strconv.ParseFloat(q.number(), 64)
	if err != nil {
		q.fail()
	}
	return x
}

func (q *quick) whole() int64 {
	n, err := strconv.ParseInt(q.number(), 10, 64)
	if err != nil {
		q.fail()
	}
	return n
}
