package onnx

import (
	"google.golang.org/protobuf/encoding/protowire"

	"rondo/backend/errs"
)

// parsePort reads a ValueInfoProto.
func parsePort(b []byte) (p port, err error) {
	err = each(b, func(num protowire.Number, _ protowire.Type, v []byte, _ uint64) error {
		switch num {
		case 1:
			if len(v) > maxName {
				return corrupt("a name of %d bytes is over the limit", len(v))
			}
			p.name = string(v)
		case 2:
			return p.typeProto(v)
		}
		return nil
	})
	return p, err
}

func (p *port) typeProto(b []byte) error {
	return each(b, func(num protowire.Number, _ protowire.Type, v []byte, _ uint64) error {
		if num == 4 || num == 5 {
			return errs.New(errs.Invalid, "%.80q is a sequence or a map, which is not supported", p.name).
				WithHint("convert scikit-learn models with options={'zipmap': False}")
		}
		if num != 1 {
			return nil
		}
		return each(v, func(num protowire.Number, _ protowire.Type, v []byte, n uint64) error {
			switch num {
			case 1:
				p.kind = kind(n)
			case 2:
				p.shape = []int{}
				return each(v, p.dim)
			}
			return nil
		})
	})
}

func (p *port) dim(num protowire.Number, _ protowire.Type, v []byte, _ uint64) error {
	if num != 1 {
		return nil
	}
	if len(p.shape) >= maxRank {
		return corrupt("%.80q has more than %d axes", p.name, maxRank)
	}
	d := -1
	err := each(v, func(num protowire.Number, _ protowire.Type, _ []byte, n uint64) error {
		if num == 1 && n > 0 && n <= maxElements {
			d = int(n)
		}
		return nil
	})
	p.shape = append(p.shape, d)
	return err
}
