package table

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// formatOf says how values of a logical type are written. Times without a zone are written
// without one.
func formatOf(t parquet.Type) func(parquet.Value) string {
	if t.Kind() == parquet.Int96 {
		return int96
	}
	logical := t.LogicalType()
	if logical == nil {
		return physical
	}
	switch l := logical.Value.(type) {
	case *format.TimestampType:
		unit := unitOf(l.Unit)
		return func(v parquet.Value) string { return stamp(v.Int64(), unit, l.IsAdjustedToUTC) }
	case *format.TimeType:
		unit := unitOf(l.Unit)
		return func(v parquet.Value) string { return clock(v, unit) }
	case *format.DateType:
		return func(v parquet.Value) string { return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly) }
	case *format.DecimalType:
		scale := int(l.Scale)
		return func(v parquet.Value) string { return decimal(v, scale) }
	case *format.IntType:
		if !l.IsSigned {
			return unsigned
		}
	}
	return physical
}

func unitOf(u format.TimeUnit) time.Duration {
	if u.Value == nil {
		return time.Nanosecond
	}
	return u.Value.Duration()
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

// clock writes a time of day.
func clock(v parquet.Value, unit time.Duration) string {
	n := v.Int64()
	if v.Kind() == parquet.Int32 {
		n = int64(v.Int32())
	}
	per := int64(time.Second / unit)
	return time.Unix(n/per, n%per*int64(unit)).UTC().Format("15:04:05.999999999")
}

// int96 writes the times of Spark and of other older writers: nanoseconds of a day, then the day by
// the Julian calendar's count, in which 2440588 is 1970-01-01. They carry no zone.
func int96(v parquet.Value) string {
	n := v.Int96()
	nanos := int64(n[1])<<32 | int64(n[0])
	at := time.Unix((int64(n[2])-2440588)*86400, 0).UTC().Add(time.Duration(nanos))
	return at.Format("2006-01-02T15:04:05.999999999")
}

func unsigned(v parquet.Value) string {
	if v.Kind() == parquet.Int32 {
		return strconv.FormatUint(uint64(uint32(v.Int32())), 10)
	}
	return strconv.FormatUint(uint64(v.Int64()), 10)
}

// half writes a number of 16 bits (IEEE 754 binary16).
func half(v parquet.Value) string {
	b := v.ByteArray()
	if len(b) != 2 {
		return physical(v)
	}
	n := binary.LittleEndian.Uint16(b)
	sign, exponent, fraction := 1-2*float64(n>>15), int(n>>10&31), float64(n&1023)
	var f float64
	switch {
	case exponent == 31 && fraction != 0:
		f = math.NaN()
	case exponent == 31:
		f = math.Inf(int(sign))
	case exponent == 0:
		f = sign * math.Ldexp(fraction, -24)
	default:
		f = sign * math.Ldexp(1024+fraction, exponent-25)
	}
	return strconv.FormatFloat(f, 'g', -1, 32)
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
