package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"rondo/backend/errs"
)

const (
	maxBody  = 64 << 20 // bytes of a JSON body
	maxDepth = 64       // nesting of a JSON body
)

// decode fills in's fields: `path:"name"` and `query:"name"` from the address,
// all others with a `json` tag from the body.
func decode(req *http.Request, in any) error {
	v := reflect.ValueOf(in).Elem()
	if v.Kind() != reflect.Struct {
		return decodeBody(req, in)
	}
	if wantsBody(v.Type()) {
		if err := decodeBody(req, in); err != nil {
			return err
		}
	}
	return decodeAddress(req, v)
}

func wantsBody(t reflect.Type) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct && wantsBody(f.Type) {
			return true
		}
		if _, ok := f.Tag.Lookup("json"); ok && f.Tag.Get("path") == "" && f.Tag.Get("query") == "" {
			return true
		}
	}
	return false
}

func decodeBody(req *http.Request, in any) error {
	b, err := io.ReadAll(http.MaxBytesReader(nil, req.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errs.New(errs.TooLarge, "the body is over the limit of %d MiB", maxBody>>20).WithHint("send it in several parts")
	}
	if err != nil {
		return errs.New(errs.Invalid, "the body could not be read to its end: %w", err)
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return nil
	}
	if depth(b) > maxDepth {
		return errs.New(errs.Invalid, "the body is nested deeper than %d levels", maxDepth)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(in); err != nil {
		return jsonError(b, err)
	}
	if dec.More() {
		return errs.New(errs.Invalid, "the body holds more than one JSON value")
	}
	return nil
}

// depth returns how deep brackets nest, without building anything.
func depth(b []byte) (deepest int) {
	level, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			level++
			deepest = max(deepest, level)
		case c == '}' || c == ']':
			level--
		}
	}
	return deepest
}

func jsonError(b []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(b[:min(int(syntax.Offset), len(b))], []byte("\n"))
		return errs.New(errs.Invalid, "the body is not JSON: line %d, byte %d: %s", line, syntax.Offset, syntax.Error())
	case errors.As(err, &kind):
		return errs.New(errs.Invalid, "field %q wants %s, not %s", kind.Field, kind.Type, kind.Value)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return errs.New(errs.Invalid, "the body ends in the middle of its JSON")
	}
	return errs.New(errs.Invalid, "the body does not fit: %s", strings.TrimPrefix(err.Error(), "json: "))
}

func decodeAddress(req *http.Request, v reflect.Value) error {
	query := req.URL.Query()
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if err := decodeAddress(req, v.Field(i)); err != nil {
				return err
			}
			continue
		}
		if name := f.Tag.Get("path"); name != "" {
			if err := set(v.Field(i), name, []string{req.PathValue(name)}); err != nil {
				return err
			}
		}
		if name := f.Tag.Get("query"); name != "" && query.Has(name) {
			if err := set(v.Field(i), name, query[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// parted splits a list at its commas; one after a backslash belongs to a value.
func parted(list string) (values []string) {
	open := false
	for part := range strings.SplitSeq(list, ",") {
		if open {
			last := len(values) - 1
			part = strings.TrimSuffix(values[last], `\`) + "," + part
			values = values[:last]
		}
		values, open = append(values, part), strings.HasSuffix(part, `\`)
	}
	return values
}

func set(v reflect.Value, name string, values []string) error {
	s := values[0]
	bad := func(want string) error {
		return errs.New(errs.Invalid, "%s=%.80q: want %s", name, s, want)
	}
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		t, err := parseTime(s)
		if err != nil {
			return bad("a time such as 2026-03-01T12:00:00Z")
		}
		*p = t
		return nil
	case *[]string:
		for _, s := range values {
			*p = append(*p, parted(s)...)
		}
		return nil
	case interface{ UnmarshalText([]byte) error }:
		if err := p.UnmarshalText([]byte(s)); err != nil {
			return errs.New(errs.Invalid, "%s: %w", name, err)
		}
		return nil
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(s)
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return bad("a whole number")
		}
		v.SetInt(n)
	case reflect.Uint64:
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return bad("a whole number from 0 up")
		}
		v.SetUint(n)
	case reflect.Float64:
		x, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return bad("a number")
		}
		v.SetFloat(x)
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		if err != nil {
			return bad("true or false")
		}
		v.SetBool(b)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return set(v.Elem(), name, values)
	default:
		return errs.New(errs.Internal, "parameter %s has an unsupported type", name)
	}
	return nil
}

func parseTime(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t, nil
	}
	return time.Parse(time.DateOnly, s)
}
