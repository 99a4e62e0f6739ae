package project

import (
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"rondo/backend/yamldoc"
)

// Duration is a length of time, written as 90s, 15m, 24h or 7d.
type Duration time.Duration

// Std returns the duration as the standard library's.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// String returns the duration as Go writes it, such as 24h0m0s; empty for none.
func (d Duration) String() string {
	if d == 0 {
		return ""
	}
	return d.Std().String()
}

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := parseDuration(string(b))
	*d = v
	return err
}

// UnmarshalYAML implements yamldoc.Unmarshaler.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	s, err := yamldoc.Text(n)
	if err != nil {
		return err
	}
	if *d, err = parseDuration(s); err != nil {
		return yamldoc.Fail(n, "%q is not a length of time: write 90s, 15m, 24h or 7d", s)
	}
	return nil
}

func parseDuration(s string) (Duration, error) {
	if s == "" {
		return 0, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.ParseFloat(days, 64)
		if err != nil || n < 0 || n > 36500 {
			return 0, strconv.ErrSyntax
		}
		return Duration(n * float64(24*time.Hour)), nil
	}
	v, err := time.ParseDuration(s)
	if err == nil && v < 0 {
		err = strconv.ErrRange
	}
	return Duration(v), err
}
