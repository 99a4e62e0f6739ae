package table

import (
	"math"
	"slices"
	"strconv"
	"time"
)

// Number is the number that a field is as programs write it, spaces around it dropped.
func Number(v string) (float64, bool) {
	if v == "" {
		return 0, false
	}
	if c := v[0]; c != '-' && c != '+' && c != '.' && (c < '0' || c > '9') {
		return 0, false // also "inf" and "nan", which ParseFloat would take
	}
	for i := range len(v) {
		if c := v[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false // also 0x10 and 1_000, which ParseFloat would take
		}
	}
	f, err := strconv.ParseFloat(v, 64)
	return f, err == nil && !math.IsInf(f, 0)
}

// timeForms are the forms of times by what stands after the day.
var timeForms = map[byte][]string{'T': {time.RFC3339Nano, "2006-01-02T15:04:05"}, ' ': {time.DateTime, "2006-01-02 15:04"}}

// IsDay reports whether a text is a date: 2026-03-01.
func IsDay(v string) bool {
	if len(v) != len(time.DateOnly) || v[4] != '-' {
		return false
	}
	_, err := time.Parse(time.DateOnly, v)
	return err == nil
}

// IsTime reports whether a text is a date with a time of day.
func IsTime(v string) bool {
	if len(v) < 16 || v[4] != '-' || v[7] != '-' {
		return false
	}
	return slices.ContainsFunc(timeForms[v[10]], func(form string) bool {
		_, err := time.Parse(form, v)
		return err == nil
	})
}
