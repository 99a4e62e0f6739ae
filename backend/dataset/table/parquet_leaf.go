package table

import (
	"encoding/json"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// leaf is a column of values, as it is written.
type leaf struct {
	list    bool // there may be many in a row
	empty   int  // the level at which its outermost list is there and holds nothing
	element int  // the level from which on there is a value, or null for one, in its innermost list
	single  Kind // of one value
	format  func(parquet.Value) string
}

// leafOf reads how a column is nested: its levels count what may be absent around a value (Dremel,
// as Parquet writes it).
func leafOf(schema *parquet.Schema, path []string, column parquet.LeafColumn, halves bool) leaf {
	t := column.Node.Type()
	l := leaf{list: column.MaxRepetitionLevel > 0, single: kindOfType(t), format: formatOf(t)}
	if halves {
		l.single, l.format = Real, half
	}
	level, fields := 0, schema.Fields()
	for _, name := range path {
		for _, f := range fields {
			if f.Name() != name {
				continue
			}
			if f.Optional() || f.Repeated() {
				level++
			}
			if f.Repeated() {
				if l.element == 0 {
					l.empty = level - 1
				}
				l.element = level
			}
			fields = f.Fields()
			break
		}
	}
	return l
}

// halvesOf tells which columns, by their number, hold numbers of 16 bits, for which the library has no type.
func halvesOf(schema []format.SchemaElement) map[int]bool {
	halves, column := map[int]bool{}, 0
	for _, e := range schema {
		if e.NumChildren.V > 0 || !e.Type.Valid {
			continue
		}
		if _, ok := e.LogicalType.Value.(*format.Float16Type); ok {
			halves[column] = true
		}
		column++
	}
	return halves
}

func (l leaf) kind() Kind {
	if l.list {
		return Text
	}
	return l.single
}

// text writes the values of a column in a row: one as it is, many as a JSON list. Null is no value.
func (l leaf) text(values []parquet.Value) (text string, null bool) {
	switch {
	case len(values) == 0:
		return "", true
	case !l.list:
		if values[0].IsNull() {
			return "", true
		}
		return l.format(values[0]), false
	case values[0].DefinitionLevel() < l.empty:
		return "", true
	}
	list := []any{}
	for _, v := range values {
		switch {
		case v.DefinitionLevel() < l.element:
		case v.IsNull():
			list = append(list, nil)
		default:
			list = append(list, l.literal(v))
		}
	}
	b, _ := json.Marshal(list) // of texts and numbers that were written as such
	return string(b), false
}

// literal is a value as JSON writes it: numbers and flags as they are, the rest as text.
func (l leaf) literal(v parquet.Value) any {
	text := l.format(v)
	if l.single != Text && json.Valid([]byte(text)) { // NaN is no word of JSON
		return json.RawMessage(text)
	}
	return text
}

// kindOfType is what the file declares.
func kindOfType(t parquet.Type) Kind {
	if logical := t.LogicalType(); logical != nil {
		switch logical.Value.(type) {
		case *format.DecimalType:
			return Real
		case *format.IntType:
			return Integer
		default:
			return Text
		}
	}
	switch t.Kind() {
	case parquet.Boolean:
		return Boolean
	case parquet.Int32, parquet.Int64:
		return Integer
	case parquet.Float, parquet.Double:
		return Real
	}
	return Text
}
