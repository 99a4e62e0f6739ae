// Package openapi describes the native API for other languages: an OpenAPI 3.1
// document and TypeScript types, both made from the Go types that the handlers
// really take and return. Nothing is retyped, so nothing can part.
package openapi

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"rondo/backend/proc"
	"rondo/backend/serve/runtime"
)

// field is one member of a JSON object.
type field struct {
	name     string
	typ      reflect.Type
	optional bool
}

// schemas collects the named types that a set of routes uses.
type schemas struct {
	names map[string]reflect.Type
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
	rawType      = reflect.TypeFor[json.RawMessage]()
	textType     = reflect.TypeFor[encoding.TextMarshaler]()
	jsonType     = reflect.TypeFor[json.Marshaler]()
)

// shape says how a Go type looks as JSON.
type shape int

const (
	anything shape = iota
	text
	moment // text that is a time
	number
	integer
	special // a number, or the name of one that JSON has not
	either  // a number or a text
	truth
	list
	dict
	object
)

// shapes of types that write their own JSON, by package-qualified name.
var own = map[string]shape{"number.Float": special, "proc.Millis": integer}

// scalar stands for a field that holds a number or a text.
type scalar struct{}

// holds says what is in fields that Go keeps as raw or untyped JSON, by type and member.
var holds = map[string]reflect.Type{
	"run.Run.exit":               reflect.TypeFor[proc.Exit](),
	"registry.Version.signature": reflect.TypeFor[runtime.Signature](),
	"profile.Column.min":         reflect.TypeFor[scalar](),
	"profile.Column.max":         reflect.TypeFor[scalar](),
}

func shapeOf(t reflect.Type) shape {
	switch {
	case t == reflect.TypeFor[scalar]():
		return either
	case t == timeType:
		return moment
	case t == rawType:
		return anything
	case t == durationType:
		return integer
	case implements(t, jsonType):
		return own[t.String()]
	case implements(t, textType):
		return text
	}
	switch t.Kind() {
	case reflect.String:
		return text
	case reflect.Bool:
		return truth
	case reflect.Float32, reflect.Float64:
		return number
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			return text // base64
		}
		return list
	case reflect.Map:
		return dict
	case reflect.Struct:
		return object
	case reflect.Interface:
		return anything
	}
	if t.Kind() >= reflect.Int && t.Kind() <= reflect.Uint64 {
		return integer
	}
	panic(fmt.Sprintf("openapi: %s has no JSON", t))
}

func implements(t, what reflect.Type) bool {
	return t.Implements(what) || reflect.PointerTo(t).Implements(what)
}

// name returns the name of a struct type for other languages: the type's own,
// with its package in front where that says something new.
func name(t reflect.Type) string {
	path, typ := t.PkgPath(), t.Name()
	pkg := path[strings.LastIndexByte(path, '/')+1:]
	typ = strings.ToUpper(typ[:1]) + typ[1:]
	if pkg == "api" || strings.HasPrefix(strings.ToLower(typ), pkg) {
		return typ
	}
	return strings.ToUpper(pkg[:1]) + pkg[1:] + typ
}

// use notes a named struct and all that it holds.
func (s *schemas) use(t reflect.Type) {
	switch shapeOf(deref(t)) {
	case list, dict:
		s.use(deref(t).Elem())
	case object:
		s.useStruct(deref(t))
	}
}

func (s *schemas) useStruct(t reflect.Type) {
	if t.Name() != "" {
		n := name(t)
		if was, ok := s.names[n]; ok {
			if was != t {
				panic(fmt.Sprintf("openapi: %s and %s would both be called %s", was, t, n))
			}
			return
		}
		s.names[n] = t
	}
	for _, f := range fields(t) {
		s.use(f.typ)
	}
}

func deref(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// fields returns what encoding/json would write of a struct, in order.
func fields(t reflect.Type) (list []field) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, opts, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" || f.Tag.Get("path") != "" || f.Tag.Get("query") != "" {
			continue
		}
		if inner := deref(f.Type); f.Anonymous && tag == "" && inner.Kind() == reflect.Struct {
			list = overlay(list, fields(inner))
			continue
		}
		if !f.IsExported() {
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		typ := f.Type
		if inside, ok := holds[t.String()+"."+tag]; ok {
			typ = inside
		}
		list = overlay(list, []field{{tag, typ, strings.Contains(opts, "omit")}})
	}
	return list
}

// overlay adds fields; an outer one replaces the embedded one of its name.
func overlay(list, more []field) []field {
	for _, f := range more {
		found := false
		for i := range list {
			if list[i].name == f.name {
				list[i], found = f, true
			}
		}
		if !found {
			list = append(list, f)
		}
	}
	return list
}

// param is one value from the address.
type param struct {
	name, in string // in is path or query
	typ      reflect.Type
}

func params(t reflect.Type) (all []param) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			all = append(all, params(f.Type)...)
		} else if n := f.Tag.Get("path"); n != "" {
			all = append(all, param{n, "path", f.Type})
		} else if n := f.Tag.Get("query"); n != "" {
			all = append(all, param{n, "query", f.Type})
		}
	}
	return all
}

// hasBody reports whether an operation reads anything from the request's body.
func hasBody(t reflect.Type) bool {
	if t == nil {
		return false
	}
	return t.Kind() != reflect.Struct || shapeOf(t) != object || len(fields(t)) > 0
}
