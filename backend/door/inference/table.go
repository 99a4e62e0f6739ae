package inference

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

// decodeExact reads JSON with numbers kept as they are written, within the depth limit.
func decodeExact(b []byte, into any) error {
	s := &scanner{b: b}
	if _, err := s.skip(); err != nil {
		return err
	}
	if err := s.end(); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(into); err != nil {
		return errs.New(errs.Invalid, "the request is not JSON as expected: %w", err)
	}
	return nil
}

// tensors turns {"columns", "data"} into one tensor per column.
func (t *split) tensors(sig *runtime.Signature) ([]runtime.Tensor, error) {
	if len(t.Data) == 0 {
		return nil, errs.New(errs.Invalid, "there are no rows")
	}
	if t.Columns == nil {
		for _, c := range sig.Inputs {
			t.Columns = append(t.Columns, c.Name)
		}
	}
	for i, row := range t.Data {
		if len(row) != len(t.Columns) {
			return nil, errs.New(errs.Invalid, "row %d has %d values for %d columns", i, len(row), len(t.Columns))
		}
	}
	in := make([]runtime.Tensor, len(t.Columns))
	for c, name := range t.Columns {
		values := make([]any, len(t.Data))
		for r := range t.Data {
			values[r] = t.Data[r][c]
		}
		col, err := columnOf(sig, name, values)
		if err != nil {
			return nil, err
		}
		if in[c], err = col.FromValues(values); err != nil {
			return nil, err
		}
	}
	return sig.Check(in)
}

// columnOf is the signature's column of that name; without a signature, one that fits the values.
func columnOf(sig *runtime.Signature, name string, values []any) (runtime.Column, error) {
	if i := sig.Input(name); i >= 0 {
		return sig.Inputs[i], nil
	}
	if len(sig.Inputs) > 0 {
		return runtime.Column{}, sig.Unknown(name)
	}
	return runtime.Guess(name, values), nil
}

// fromInstances reads one entry per row: objects, or plain values and lists of them.
func fromInstances(raw json.RawMessage, sig *runtime.Signature) ([]runtime.Tensor, error) {
	var list []any
	if err := decodeExact(raw, &list); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, errs.New(errs.Invalid, "there are no rows")
	}
	if _, ok := list[0].(map[string]any); !ok {
		return single(list, sig)
	}
	rows := make([]map[string]any, len(list))
	for i, v := range list {
		row, ok := v.(map[string]any)
		if !ok {
			return nil, errs.New(errs.Invalid, "instance %d is no object as the first one is", i)
		}
		rows[i] = row
	}
	return sig.FromRows(rows, false)
}

// fromInputs reads columns by name, or one tensor.
func fromInputs(raw json.RawMessage, sig *runtime.Signature) ([]runtime.Tensor, error) {
	var v any
	if err := decodeExact(raw, &v); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case []any:
		if len(v) == 0 {
			return nil, errs.New(errs.Invalid, "there are no rows")
		}
		if _, ok := v[0].(map[string]any); ok {
			return fromInstances(raw, sig)
		}
		return single(v, sig)
	case map[string]any:
		return byColumn(v, sig)
	}
	return nil, errs.New(errs.Invalid, "inputs must be a list, or an object of columns")
}

func byColumn(columns map[string]any, sig *runtime.Signature) ([]runtime.Tensor, error) {
	names := make([]string, 0, len(columns))
	for name := range columns {
		names = append(names, name)
	}
	slices.Sort(names)
	var in []runtime.Tensor
	for _, name := range names {
		values, ok := columns[name].([]any)
		if !ok {
			values = []any{columns[name]}
		}
		col, err := columnOf(sig, name, values)
		if err != nil {
			return nil, err
		}
		t, err := col.FromValues(values)
		if err != nil {
			return nil, err
		}
		in = append(in, t)
	}
	return sig.Check(in)
}

// single reads one tensor, which is the model's only input or all its columns.
func single(list []any, sig *runtime.Signature) ([]runtime.Tensor, error) {
	col := runtime.Column{Name: "inputs", Type: runtime.Double, Shape: []int{-1}}
	if len(sig.Inputs) == 1 {
		col.Name, col.Type = sig.Inputs[0].Name, sig.Inputs[0].Type
		t, err := col.FromValues(list)
		if err != nil {
			return nil, err
		}
		return sig.Check([]runtime.Tensor{t})
	}
	if rows, ok := list[0].([]any); ok && len(rows) == len(sig.Inputs) {
		return rowsOf(list, sig)
	}
	t, err := col.FromValues(list)
	if err != nil {
		return nil, err
	}
	return sig.Check([]runtime.Tensor{t})
}

// rowsOf reads lists as rows in the order of the signature's columns.
func rowsOf(list []any, sig *runtime.Signature) ([]runtime.Tensor, error) {
	t := split{Data: make([][]any, len(list))}
	for i, v := range list {
		row, ok := v.([]any)
		if !ok {
			return nil, errs.New(errs.Invalid, "row %d is no list as the first one is", i)
		}
		t.Data[i] = row
	}
	return t.tensors(sig)
}

// fromCSV reads a table with its column names in the first line.
func fromCSV(body []byte, sig *runtime.Signature) ([]runtime.Tensor, error) {
	r := csv.NewReader(bytes.NewReader(body))
	r.ReuseRecord = false
	lines, err := r.ReadAll()
	if err != nil {
		return nil, errs.New(errs.Invalid, "the request is no CSV: %w", err)
	}
	if len(lines) < 2 {
		return nil, errs.New(errs.Invalid, "the CSV needs a line of column names and at least one row")
	}
	t := split{Columns: lines[0], Data: make([][]any, len(lines)-1)}
	for i, cells := range lines[1:] {
		t.Data[i] = make([]any, len(cells))
		for c, cell := range cells {
			t.Data[i][c] = value(cell, sig, lines[0][c])
		}
	}
	return t.tensors(sig)
}

// value reads a cell as its column wants it; what cannot be read so stays text, and
// the column says what it takes.
func value(cell string, sig *runtime.Signature, name string) any {
	text := strings.TrimSpace(cell)
	i := sig.Input(name)
	kind := runtime.Type("")
	if i >= 0 {
		kind = sig.Inputs[i].Type
	}
	switch {
	case text == "" && kind != runtime.String:
		return nil
	case kind == runtime.String || kind == runtime.Datetime:
		return cell
	case kind == runtime.Boolean:
		if b, err := strconv.ParseBool(text); err == nil {
			return b
		}
		return cell
	}
	if jsonNumber([]byte(text)) {
		return json.Number(text)
	}
	if strings.EqualFold(text, "nan") {
		return nil
	}
	return cell
}
