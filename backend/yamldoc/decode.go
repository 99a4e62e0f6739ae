package yamldoc

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Unmarshaler is what reads its own node.
type Unmarshaler interface{ UnmarshalYAML(n *yaml.Node) error }

// Decode reads a node into a pointer to a struct, whose fields are named by `yaml:"key"`, or
// into a map, list or scalar. A key without a field is an error; what the text does not name
// stays as it is.
func Decode(n *yaml.Node, into any) error {
	return decoder{strict: true}.value(n, reflect.ValueOf(into))
}

// DecodeKnown is Decode that passes over keys without a field.
func DecodeKnown(n *yaml.Node, into any) error { return decoder{}.value(n, reflect.ValueOf(into)) }

type decoder struct{ strict bool }

func (d decoder) value(n *yaml.Node, v reflect.Value) error {
	if v.CanAddr() && v.Kind() != reflect.Pointer {
		if u, ok := v.Addr().Interface().(Unmarshaler); ok {
			return u.UnmarshalYAML(n)
		}
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		return d.value(n, v.Elem())
	}
	if Null(n) {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(n, v.Elem())
	case reflect.Struct:
		return d.fields(n, v)
	case reflect.Map:
		return d.entries(n, v)
	case reflect.Slice:
		return d.items(n, v)
	case reflect.Interface:
		v.Set(reflect.ValueOf(Value(n)))
		return nil
	}
	return plain(n, v)
}

func (d decoder) fields(n *yaml.Node, v reflect.Value) error {
	pairs, ok := Mapping(n)
	if !ok {
		return unfit(n, "a set of keys and values")
	}
	for _, p := range pairs {
		f, ok := fieldOf(v, p.Key.Value)
		if ok {
			if err := d.value(p.Value, f); err != nil {
				return err
			}
		} else if d.strict {
			return &Error{Line: p.Key.Line, Col: p.Key.Column, Msg: "unknown key " + strconv.Quote(p.Key.Value), Unknown: p.Key.Value}
		}
	}
	return nil
}

func fieldOf(v reflect.Value, key string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ","); name == key && name != "" && name != "-" {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}

func (d decoder) entries(n *yaml.Node, v reflect.Value) error {
	pairs, ok := Mapping(n)
	if !ok {
		return unfit(n, "a set of keys and values")
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for _, p := range pairs {
		one := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(p.Value, one); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(p.Key.Value), one)
	}
	return nil
}

func (d decoder) items(n *yaml.Node, v reflect.Value) error {
	if n.Kind != yaml.SequenceNode {
		return unfit(n, "a list")
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, c := range n.Content {
		if err := d.value(c, list.Index(i)); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

// plain reads a scalar.
func plain(n *yaml.Node, v reflect.Value) error {
	if n.Kind != yaml.ScalarNode {
		return unfit(n, wanted(v.Kind()))
	}
	means := resolve(n)
	switch v.Kind() {
	case reflect.String:
		v.SetString(n.Value)
		return nil
	case reflect.Bool:
		if b, ok := means.(bool); ok {
			v.SetBool(b)
			return nil
		}
	case reflect.Int, reflect.Int64:
		if i, ok := means.(int64); ok && !v.OverflowInt(i) {
			v.SetInt(i)
			return nil
		}
	case reflect.Float64:
		if f, ok := float(n, means); ok {
			v.SetFloat(f)
			return nil
		}
	}
	return unfit(n, wanted(v.Kind()))
}

// float takes 1e-3 too: where a number is wanted it can be nothing else.
func float(n *yaml.Node, means any) (float64, bool) {
	switch x := means.(type) {
	case int64:
		return float64(x), true
	case uint64:
		return float64(x), true
	case float64:
		return x, true
	case string:
		f, err := strconv.ParseFloat(x, 64)
		return f, err == nil && n.Style == 0 && !math.IsInf(f, 0) && !math.IsNaN(f)
	}
	return 0, false
}

func wanted(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	}
	return "text"
}

func unfit(n *yaml.Node, want string) error {
	switch n.Kind {
	case yaml.MappingNode:
		return Fail(n, "a set of keys and values stands where %s is wanted", want)
	case yaml.SequenceNode:
		return Fail(n, "a list stands where %s is wanted", want)
	}
	return Fail(n, "%q stands where %s is wanted", n.Value, want)
}
