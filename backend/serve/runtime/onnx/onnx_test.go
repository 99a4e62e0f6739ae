package onnx_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
	"rondo/backend/serve/runtime/onnx"
	"rondo/backend/serve/servetest"
)

type value struct {
	Name   string
	Type   runtime.Type
	Shape  []int
	Values []any
}

func (v value) tensor(t *testing.T) runtime.Tensor {
	t.Helper()
	out := runtime.Tensor{Name: v.Name, Type: v.Type, Shape: v.Shape}
	for _, x := range v.Values {
		switch v.Type {
		case runtime.Float, runtime.Double:
			f, err := strconv.ParseFloat(fmt.Sprint(x), 64)
			if err != nil {
				t.Fatal(err)
			}
			out.Floats = append(out.Floats, f)
		case runtime.Boolean:
			n := int64(0)
			if x == true {
				n = 1
			}
			out.Ints = append(out.Ints, n)
		case runtime.String:
			out.Texts = append(out.Texts, x.(string))
		default:
			n, err := x.(json.Number).Int64()
			if err != nil {
				t.Fatal(err)
			}
			out.Ints = append(out.Ints, n)
		}
	}
	return out
}

type example struct {
	Name            string
	Model           []byte
	Inputs, Outputs []value
}

var examples = sync.OnceValues(func() ([]example, error) {
	var said bytes.Buffer
	cmd := exec.Command(filepath.Join("..", "..", "..", "..", ".venv", "bin", "python"), "testdata/cases.py")
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%w: %s", err, said.String())
	}
	dec := json.NewDecoder(bytes.NewReader(out))
	dec.UseNumber()
	var list []example
	return list, dec.Decode(&list)
})

// TestOperationsAgreeWithOnnxruntime runs every operation on what onnxruntime was given.
func TestOperationsAgreeWithOnnxruntime(t *testing.T) {
	servetest.Python(t)
	list, err := examples()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) < 80 {
		t.Fatalf("only %d examples", len(list))
	}
	for _, e := range list {
		t.Run(e.Name, func(t *testing.T) {
			m, err := onnx.Load(e.Model, nil)
			if err != nil {
				t.Fatal(err)
			}
			var in []runtime.Tensor
			for _, v := range e.Inputs {
				in = append(in, v.tensor(t))
			}
			out, err := m.Predict(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			if len(out) != len(e.Outputs) {
				t.Fatalf("%d outputs, not %d", len(out), len(e.Outputs))
			}
			for i, v := range e.Outputs {
				same(t, out[i], v.tensor(t))
			}
		})
	}
}

func same(t *testing.T, got, want runtime.Tensor) {
	t.Helper()
	if got.Type != want.Type || fmt.Sprint(got.Shape) != fmt.Sprint(want.Shape) || got.Len() != want.Len() {
		t.Fatalf("%s: %s %v, not %s %v", want.Name, got.Type, got.Shape, want.Type, want.Shape)
	}
	tolerance := 1e-12
	if want.Type == runtime.Float {
		tolerance = 2e-6
	}
	for i := range want.Len() {
		if want.Floats == nil {
			if got.At(i) != want.At(i) {
				t.Fatalf("%s[%d] is %v, not %v", want.Name, i, got.At(i), want.At(i))
			}
			continue
		}
		a, b := got.Floats[i], want.Floats[i]
		if a != b && !(math.IsNaN(a) && math.IsNaN(b)) && !(math.Abs(a-b) <= tolerance*max(1, math.Abs(b))) {
			t.Fatalf("%s[%d] is %v, not %v", want.Name, i, a, b)
		}
	}
}

// TestTheTrainersModelAgreesWithOnnxruntime asks both for every day of the sample.
func TestTheTrainersModelAgreesWithOnnxruntime(t *testing.T) {
	exe := servetest.Python(t)
	dir, err := servetest.Trained()
	if err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(dir, "..", "work", "train.csv")
	script := `
import sys, pandas as pd, numpy as np, onnxruntime as ort
s = ort.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
x = pd.read_csv(sys.argv[2])
f = {i.name: x[i.name].to_numpy(dtype=np.float64 if "double" in i.type else np.int64) for i in s.get_inputs()}
p, q = s.run(["prediction", "probability"], f)
for a, b in zip(p, q): print(int(a), repr(float(b)))`
	out, err := exec.Command(exe, "-c", script, filepath.Join(dir, "model.onnx"), table).Output()
	if err != nil {
		t.Fatal(err)
	}
	about, err := runtime.ReadMLmodel(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := onnx.Open(dir, about)
	if err != nil {
		t.Fatal(err)
	}
	rows := readCSV(t, table)
	sig := m.Signature()
	in, err := sig.FromRows(rows, true)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Predict(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(string(out))
	if len(lines) != 2*len(rows) || len(rows) < 1000 {
		t.Fatalf("%d rows, %d words", len(rows), len(lines))
	}
	for i := range rows {
		label, _ := strconv.ParseInt(lines[2*i], 10, 64)
		score, _ := strconv.ParseFloat(lines[2*i+1], 64)
		if got[0].Ints[i] != label || math.Abs(got[1].Floats[i]-score) > 1e-12 {
			t.Fatalf("row %d: %d %v, not %d %v", i, got[0].Ints[i], got[1].Floats[i], label, score)
		}
	}
}

func readCSV(t *testing.T, path string) (rows []map[string]any) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines[1:] {
		row := map[string]any{}
		for i, cell := range l {
			row[lines[0][i]] = cell
			if v, err := strconv.ParseFloat(cell, 64); err == nil {
				row[lines[0][i]] = v
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// TestCutAndBentFilesAreRefused cuts and changes a model file everywhere. Nothing
// may panic; a model that loads all the same must answer or refuse.
func TestCutAndBentFilesAreRefused(t *testing.T) {
	dir, err := servetest.Trained()
	if err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	for n := range whole {
		try(t, whole[:n])
		bent := bytes.Clone(whole)
		bent[n] ^= 0x55
		try(t, bent)
		bent[n] = 0xff
		try(t, bent)
	}
	if _, err := onnx.Load(whole[:len(whole)/2], nil); !errs.Is(err, errs.Corrupt) || errs.HintOf(err) == "" {
		t.Errorf("half a file: %v", err)
	}
}

// try loads whatever b is and asks it one row.
func try(t testing.TB, b []byte) {
	t.Helper()
	m, err := onnx.Load(b, nil)
	if err != nil {
		if errs.KindOf(err) == errs.Internal {
			t.Fatalf("a bad file is our fault: %v", err)
		}
		return
	}
	var in []runtime.Tensor
	for _, c := range m.Signature().Inputs {
		x := runtime.Tensor{Name: c.Name, Type: c.Type, Shape: []int{1}}
		n := 1
		for i, d := range c.Shape {
			if i == 0 {
				x.Shape = x.Shape[:0]
			}
			if d = max(1, min(d, 64)); n*d > 4096 {
				d = 1
			}
			n *= d
			x.Shape = append(x.Shape, d)
		}
		switch c.Type {
		case runtime.Float, runtime.Double:
			x.Floats = make([]float64, n)
		case runtime.String:
			x.Texts = make([]string, n)
		default:
			x.Ints = make([]int64, n)
		}
		in = append(in, x)
	}
	_, err = m.Predict(t.Context(), in)
	if err != nil && errs.KindOf(err) == errs.Internal {
		t.Fatalf("a bad model is our fault: %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	dir, err := servetest.Trained()
	if err != nil {
		f.Fatal(err)
	}
	whole, err := os.ReadFile(filepath.Join(dir, "model.onnx"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0x3a, 0x7f}, 100))
	// A tensor that claims 2^40 elements, and a graph inside a graph.
	f.Add([]byte{0x3a, 0x0c, 0x2a, 0x0a, 0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20, 0x10, 0x01, 0x42, 0x00})
	f.Fuzz(func(t *testing.T, b []byte) { try(t, b) })
}

// TestAnEmptyAxisHidesNoHugeOnes: such a tensor has no elements, and loops over its
// other axes would never end.
func TestAnEmptyAxisHidesNoHugeOnes(t *testing.T) {
	field := func(num protowire.Number, v []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), v)
	}
	number := func(num protowire.Number, v uint64) []byte {
		return protowire.AppendVarint(protowire.AppendTag(nil, num, protowire.VarintType), v)
	}
	empty := slices.Concat(number(1, 0), number(1, 1<<24), number(1, 1<<24), number(2, 1), field(8, []byte("x")), field(9, nil))
	node := slices.Concat(field(1, []byte("x")), field(2, []byte("y")), field(4, []byte("Softmax")))
	out := slices.Concat(field(1, []byte("y")), field(2, field(1, number(1, 1))))
	model := field(7, slices.Concat(field(1, node), field(5, empty), field(12, out)))
	if _, err := onnx.Load(model, nil); !errs.Is(err, errs.TooLarge) {
		t.Errorf("loaded: %v", err)
	}
}
