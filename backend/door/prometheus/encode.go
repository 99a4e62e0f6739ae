package prometheus

import (
	"math"
	"strconv"
	"strings"
)

// encode writes families in the text format, or in OpenMetrics.
func encode(all []Family, open bool) []byte {
	var b []byte
	for i := range all {
		b = all[i].append(b, open)
	}
	if open {
		b = append(b, "# EOF\n"...)
	}
	return b
}

func (f *Family) append(b []byte, open bool) []byte {
	if len(f.Samples) == 0 {
		return b
	}
	name := f.Name
	if open && f.Kind == Counter { // there the family's name is without the suffix
		name = strings.TrimSuffix(name, "_total")
	}
	b = append(append(append(append(append(b, "# HELP "...), name...), ' '), escape(f.Help, open)...), '\n')
	b = append(append(append(append(append(b, "# TYPE "...), name...), ' '), f.Kind...), '\n')
	if open && f.Unit != "" {
		b = append(append(append(append(append(b, "# UNIT "...), name...), ' '), f.Unit...), '\n')
	}
	for i := range f.Samples {
		if f.Kind == Histogram {
			b = f.histogram(b, &f.Samples[i])
			continue
		}
		b = sample(b, f.Name, f.Samples[i].Labels, "", f.Samples[i].Value)
	}
	return b
}

// histogram writes buckets, of which the last is +Inf, then sum and count.
func (f *Family) histogram(b []byte, s *Sample) []byte {
	for _, k := range s.Buckets {
		if !math.IsInf(k.LE, 1) {
			b = sample(b, f.Name+"_bucket", s.Labels, bound(k.LE), k.Count)
		}
	}
	b = sample(b, f.Name+"_bucket", s.Labels, "+Inf", s.Count)
	b = sample(b, f.Name+"_sum", s.Labels, "", s.Value)
	return sample(b, f.Name+"_count", s.Labels, "", s.Count)
}

// bound writes 1 as 1.0, as both formats' canonical form has it.
func bound(v float64) string {
	text := number(v)
	if strings.Trim(text, "0123456789") == "" {
		text += ".0"
	}
	return text
}

func sample(b []byte, name string, labels []Label, le string, v float64) []byte {
	b = append(b, name...)
	if len(labels) > 0 || le != "" {
		b = append(b, '{')
		for i, l := range labels {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(append(append(append(b, l.Name...), `="`...), escape(l.Value, true)...), '"')
		}
		if le != "" {
			if len(labels) > 0 {
				b = append(b, ',')
			}
			b = append(append(append(b, `le="`...), le...), '"')
		}
		b = append(b, '}')
	}
	return append(append(append(b, ' '), number(v)...), '\n')
}

func number(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "+Inf"
	case math.IsInf(v, -1):
		return "-Inf"
	case v == math.Trunc(v) && math.Abs(v) < 1<<53:
		return strconv.FormatInt(int64(v), 10)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

var (
	plain  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	quoted = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// escape makes one line of a text; quotes matter in labels, and in OpenMetrics' help.
func escape(s string, quotes bool) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if quotes {
		return quoted.Replace(s)
	}
	return plain.Replace(s)
}
