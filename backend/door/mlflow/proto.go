package mlflow

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"unicode/utf8"

	"rondo/backend/trace"
)

// Reading of protobuf, as far as spans need it. The numbers are those of OTLP's messages.

// maxDepth bounds values inside values.
const maxDepth = 32

// fields calls fn with the number and the content of each field of a message.
func fields(b []byte, fn func(number int, v wireValue) error) error {
	for len(b) > 0 {
		tag, n := binary.Uvarint(b)
		if n <= 0 || tag>>3 == 0 || tag>>3 > 1<<29 {
			return notOTLP
		}
		b = b[n:]
		var v wireValue
		switch tag & 7 {
		case 0:
			v.number, n = binary.Uvarint(b)
		case 1:
			if n = 8; len(b) >= n {
				v.number = binary.LittleEndian.Uint64(b)
			}
		case 2:
			size, k := binary.Uvarint(b)
			if k <= 0 || size > uint64(len(b)-k) {
				return notOTLP
			}
			v.bytes, n = b[k:k+int(size)], k+int(size)
		case 5:
			if n = 4; len(b) >= n {
				v.number = uint64(binary.LittleEndian.Uint32(b))
			}
		default:
			return notOTLP
		}
		if n <= 0 || n > len(b) {
			return notOTLP
		}
		b = b[n:]
		if err := fn(int(tag>>3), v); err != nil {
			return err
		}
	}
	return nil
}

type wireValue struct {
	number uint64
	bytes  []byte
}

func (v wireValue) text() string {
	if !utf8.Valid(v.bytes) {
		return string([]rune(string(v.bytes)))
	}
	return string(v.bytes)
}

func (v wireValue) whole() int64 { return int64(v.number) } //nolint:gosec // two's complement on the wire

func (v wireValue) hex() string { return hex.EncodeToString(v.bytes) }

func spansFromProto(b []byte) (groups []spanGroup, err error) {
	err = fields(b, func(n int, v wireValue) error {
		if n != 1 {
			return nil
		}
		var g spanGroup
		err := fields(v.bytes, g.take)
		groups = append(groups, g)
		return err
	})
	return groups, err
}

func (g *spanGroup) take(n int, v wireValue) error {
	switch n {
	case 1: // the resource
		return fields(v.bytes, func(n int, v wireValue) error {
			if n != 1 {
				return nil
			}
			return addAttribute(&g.resource, v, maxDepth)
		})
	case 2: // spans of one scope
		return fields(v.bytes, func(n int, v wireValue) error {
			if n != 2 {
				return nil
			}
			s, err := protoSpan(v.bytes)
			g.spans = append(g.spans, s)
			return err
		})
	}
	return nil
}

func protoSpan(b []byte) (s trace.Span, err error) {
	err = fields(b, func(n int, v wireValue) error {
		switch n {
		case 1:
			s.TraceID = v.hex()
		case 2:
			s.ID = v.hex()
		case 3:
			s.State = v.text()
		case 4:
			s.ParentID = v.hex()
		case 5:
			s.Name = v.text()
		case 6:
			s.Kind = v.whole()
		case 7:
			s.Start = v.whole()
		case 8:
			s.End = v.whole()
		case 9:
			return addAttribute(&s.Attributes, v, maxDepth)
		case 11:
			e, err := protoEvent(v.bytes)
			s.Events = append(s.Events, e)
			return err
		case 13:
			l, err := protoLink(v.bytes)
			s.Links = append(s.Links, l)
			return err
		case 15:
			return fields(v.bytes, func(n int, v wireValue) error {
				switch n {
				case 2:
					s.Status.Message = v.text()
				case 3:
					s.Status.Code = v.whole()
				}
				return nil
			})
		}
		return nil
	})
	return s, err
}

func protoEvent(b []byte) (e trace.Event, err error) {
	err = fields(b, func(n int, v wireValue) error {
		switch n {
		case 1:
			e.Time = v.whole()
		case 2:
			e.Name = v.text()
		case 3:
			return addAttribute(&e.Attributes, v, maxDepth)
		}
		return nil
	})
	return e, err
}

func protoLink(b []byte) (l trace.Link, err error) {
	err = fields(b, func(n int, v wireValue) error {
		switch n {
		case 1:
			l.TraceID = v.hex()
		case 2:
			l.SpanID = v.hex()
		case 4:
			return addAttribute(&l.Attributes, v, maxDepth)
		}
		return nil
	})
	return l, err
}

func addAttribute(list *[]trace.Attribute, v wireValue, depth int) error {
	var a trace.Attribute
	err := fields(v.bytes, func(n int, v wireValue) (err error) {
		switch n {
		case 1:
			a.Key = v.text()
		case 2:
			a.Value, err = protoValue(v.bytes, depth-1)
		}
		return err
	})
	*list = append(*list, a)
	return err
}

func protoValue(b []byte, depth int) (out trace.Value, err error) {
	if depth == 0 {
		return out, notOTLP
	}
	err = fields(b, func(n int, v wireValue) error {
		switch n {
		case 1:
			s := v.text()
			out.String = &s
		case 2:
			yes := v.number != 0
			out.Bool = &yes
		case 3:
			x := v.whole()
			out.Int = &x
		case 4:
			x := trace.Double(math.Float64frombits(v.number))
			out.Double = &x
		case 5:
			out.Array = &trace.Array{}
			return fields(v.bytes, func(n int, v wireValue) error {
				if n != 1 {
					return nil
				}
				item, err := protoValue(v.bytes, depth-1)
				out.Array.Values = append(out.Array.Values, item)
				return err
			})
		case 6:
			out.Map = &trace.Map{}
			return fields(v.bytes, func(n int, v wireValue) error {
				if n != 1 {
					return nil
				}
				return addAttribute(&out.Map.Values, v, depth-1)
			})
		case 7:
			out.Bytes = v.bytes
		}
		return nil
	})
	return out, err
}
