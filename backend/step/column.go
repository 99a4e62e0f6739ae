package step

import (
	"math"
	"strconv"
	"strings"
	"time"

	"rondo/backend/errs"
)

// maker turns a raw field into a prepared one; fault says why it cannot.
type maker struct {
	from int
	make func(raw string) (value, fault string)
}

func newMaker(t *table, col columnParams) (maker, error) {
	from := col.From
	if from == "" {
		from = col.Name
	}
	i, err := t.column(from)
	if err != nil {
		return maker{}, err
	}
	m := maker{from: i}
	switch col.As {
	case "number", "":
		m.make = number(from)
	case "text":
		m.make = text(from)
	case "day_of_year":
		m.make = dayOfYear(from)
	case "above":
		m.make = above(from, col.Value)
	default:
		return m, bad("prepare.columns", "%s: there is no %q; use number, text, day_of_year or above", col.Name, col.As)
	}
	return m, nil
}

func parse(from, raw string) (v float64, fault string) {
	raw = strings.TrimSpace(raw)
	if raw == "" {
		return 0, "without " + from
	}
	v, err := strconv.ParseFloat(raw, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, "with a " + from + " that is no number"
	}
	return v, ""
}

func number(from string) func(string) (string, string) {
	return func(raw string) (string, string) {
		v, fault := parse(from, raw)
		return strconv.FormatFloat(v, 'g', -1, 64), fault
	}
}

func text(from string) func(string) (string, string) {
	return func(raw string) (string, string) {
		if strings.TrimSpace(raw) == "" {
			return "", "without " + from
		}
		return raw, ""
	}
}

func dayOfYear(from string) func(string) (string, string) {
	return func(raw string) (string, string) {
		if len(raw) < 10 {
			return "", "with a " + from + " that is no date"
		}
		d, err := time.Parse(time.DateOnly, raw[:10])
		if err != nil {
			return "", "with a " + from + " that is no date"
		}
		return strconv.Itoa(d.YearDay()), ""
	}
}

func above(from string, limit float64) func(string) (string, string) {
	return func(raw string) (string, string) {
		v, fault := parse(from, raw)
		if v > limit {
			return "1", fault
		}
		return "0", fault
	}
}

var errOneClass = errs.New(errs.Invalid, "every row has the same label").
	WithHint("choose a wider range of data, so that both outcomes occur")
