package python

import (
	"encoding/binary"
	"encoding/json"
	"io"
	"math"

	"rondo/backend/errs"
	"rondo/backend/serve/runtime"
)

const (
	maxHead    = 256 << 20 // bytes of a frame's JSON
	maxPayload = 1 << 30   // bytes of a frame's arrays
)

// spec describes a tensor in a frame's head.
type spec struct {
	Name   string       `json:"name"`
	Type   runtime.Type `json:"type"`
	Shape  []int        `json:"shape"`
	Offset int          `json:"offset"`
	Size   int          `json:"size"`
	Texts  []string     `json:"texts,omitzero"` // instead of bytes
	Nulls  []bool       `json:"nulls,omitempty"`
}

// question is the head of a request.
type question struct {
	Table  bool   `json:"table"` // the inputs are columns of a table
	Inputs []spec `json:"inputs"`
}

// reply is the head of an answer.
type reply struct {
	Ready   bool     `json:"ready"`
	Python  string   `json:"python"`
	MLflow  string   `json:"mlflow"`
	Outputs []spec   `json:"outputs"`
	Error   *problem `json:"error"`
}

// problem is an exception.
type problem struct {
	Type    string `json:"type"`
	Message string `json:"message"`
	Code    string `json:"code"` // of MLflow's own
}

// encode makes a request's frame.
func encode(in []runtime.Tensor, table bool) ([]byte, error) {
	q := question{Table: table}
	var payload []byte
	for i := range in {
		t := &in[i]
		s := spec{Name: t.Name, Type: t.Type, Shape: t.Shape, Offset: len(payload), Nulls: t.Nulls}
		if s.Shape == nil {
			s.Shape = []int{}
		}
		switch {
		case t.Floats != nil:
			for _, v := range t.Floats {
				payload = binary.LittleEndian.AppendUint64(payload, math.Float64bits(v))
			}
		case t.Ints != nil:
			for _, v := range t.Ints {
				payload = binary.LittleEndian.AppendUint64(payload, uint64(v))
			}
		default:
			if s.Texts = t.Texts; s.Texts == nil {
				s.Texts = []string{}
			}
		}
		s.Size = len(payload) - s.Offset
		q.Inputs = append(q.Inputs, s)
	}
	head, err := json.Marshal(q)
	if err != nil {
		return nil, err
	}
	if len(head) > maxHead || len(payload) > maxPayload {
		return nil, errs.New(errs.TooLarge, "the request is too large for a Python model").WithHint("send fewer rows at once")
	}
	b := binary.LittleEndian.AppendUint32(make([]byte, 0, 8+len(head)+len(payload)), uint32(len(head)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	return append(append(b, head...), payload...), nil
}

// read reads a frame.
func read(r io.Reader) (reply, []byte, error) {
	var sizes [8]byte
	var out reply
	if _, err := io.ReadFull(r, sizes[:]); err != nil {
		return out, nil, err
	}
	head, payload := binary.LittleEndian.Uint32(sizes[:]), binary.LittleEndian.Uint32(sizes[4:])
	if head > maxHead || payload > maxPayload {
		return out, nil, errs.New(errs.Internal, "the model's process sent what is no answer")
	}
	b := make([]byte, int(head)+int(payload))
	if _, err := io.ReadFull(r, b); err != nil {
		return out, nil, err
	}
	if err := json.Unmarshal(b[:head], &out); err != nil {
		return out, nil, errs.New(errs.Internal, "the model's process sent what is no answer: %w", err)
	}
	return out, b[head:], nil
}

// tensors are the outputs of a reply, checked against the bytes that came.
func (r *reply) tensors(payload []byte) ([]runtime.Tensor, error) {
	list := make([]runtime.Tensor, len(r.Outputs))
	for i, s := range r.Outputs {
		t := runtime.Tensor{Name: s.Name, Type: s.Type, Shape: s.Shape, Texts: s.Texts, Nulls: s.Nulls}
		n := 1
		for _, d := range s.Shape {
			if d < 0 || d > 0 && n > maxPayload/d {
				return nil, errs.New(errs.Internal, "the model answered output %.80q with the impossible shape %v", s.Name, s.Shape)
			}
			n *= d
		}
		if s.Texts == nil {
			if s.Offset < 0 || s.Size != 8*n || s.Offset > len(payload)-s.Size {
				return nil, errs.New(errs.Internal, "the model answered output %.80q with %d bytes for the shape %v", s.Name, s.Size, s.Shape)
			}
			fill(&t, payload[s.Offset:], n)
		}
		if t.Len() != n || t.Nulls != nil && len(t.Nulls) != n {
			return nil, errs.New(errs.Internal, "the model answered output %.80q with %d values for the shape %v", s.Name, t.Len(), s.Shape)
		}
		list[i] = t
	}
	return list, nil
}

func fill(t *runtime.Tensor, b []byte, n int) {
	if t.Type == runtime.Float || t.Type == runtime.Double {
		t.Floats = make([]float64, n)
		for i := range t.Floats {
			t.Floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(b[8*i:]))
		}
		return
	}
	t.Ints = make([]int64, n)
	for i := range t.Ints {
		t.Ints[i] = int64(binary.LittleEndian.Uint64(b[8*i:]))
	}
}
