package table

import (
	"encoding/hex"
	"encoding/json"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// text writes the values of a column in a row: one as it is, many as a JSON list.
func (l leaf) text(values []parquet.Value) string {
	if !l.list {
		if len(values) == 0 || values[0].IsNull() {
			return ""
		}
		return l.format(values[0])
	}
	list := []string{}
	for _, v := range values {
		if !v.IsNull() {
			list = append(list, l.format(v))
		}
	}
	if len(list) == 0 {
		return ""
	}
	b, _ := json.Marshal(list) // of texts, which cannot fail
	return string(b)
}

// formatOf says how values of a logical type are written. Times without a zone are written
// without one.
func formatOf(t parquet.Type) func(parquet.Value) string {
	logical := t.LogicalType()
	if logical == nil {
		return physical
	}
	switch l := logical.Value.(type) {
	case *format.TimestampType:
		unit := time.Nanosecond
		if l.Unit.Value != nil {
			unit = l.Unit.Value.Duration()
		}
		return func(v parquet.Value) string { return stamp(v.Int64(), unit, l.IsAdjustedToUTC) }
	case *format.DateType:
		return func(v parquet.Value) string { return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly) }
	case *format.DecimalType:
		scale := int(l.Scale)
		return func(v parquet.Value) string { return decimal(v, scale) }
	}
	return physical
}

func stamp(n int64, unit time.Duration, utc bool) string {
	per := int64(time.Second / unit)
	at := time.Unix(n/per, n%per*int64(unit)).UTC()
	if !utc {
		return at.Format("2006-01-02T15:04:05.999999999")
	}
	return at.Format(time.RFC3339Nano)
}

// decimal writes an unscaled number with its digits after the point.
func decimal(v parquet.Value, scale int) string {
	n := new(big.Int)
	switch v.Kind() {
	case parquet.Int32:
		n.SetInt64(int64(v.Int32()))
	case parquet.Int64:
		n.SetInt64(v.Int64())
	default:
		b := v.ByteArray()
		if len(b) > 64 {
			return physical(v)
		}
		n.SetBytes(b)
		if len(b) > 0 && b[0]&0x80 != 0 { // two's complement
			n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(len(b))*8))
		}
	}
	if scale <= 0 || scale > 100 {
		return n.String()
	}
	return new(big.Rat).SetFrac(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale)), nil)).FloatString(scale)
}

func physical(v parquet.Value) string {
	switch v.Kind() {
	case parquet.Boolean:
		return strconv.FormatBool(v.Boolean())
	case parquet.Int32:
		return strconv.FormatInt(int64(v.Int32()), 10)
	case parquet.Int64:
		return strconv.FormatInt(v.Int64(), 10)
	case parquet.Float:
		return strconv.FormatFloat(float64(v.Float()), 'g', -1, 32)
	case parquet.Double:
		return strconv.FormatFloat(v.Double(), 'g', -1, 64)
	case parquet.ByteArray, parquet.FixedLenByteArray:
		b := v.ByteArray()
		if utf8.Valid(b) {
			return string(b)
		}
		return "0x" + hex.EncodeToString(b)
	}
	return v.String()
}
