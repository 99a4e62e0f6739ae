package seals

import (
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"

	"rondo/backend/ref"
)

const (
	suffix = ".seals"
	head   = "rondo seals 1\n"
)

// The words that a line begins with.
const (
	came    = "+" // a file has come, and waits for its name
	placed  = "=" // it has got it
	removed = "-" // what has the name, or is below it, was taken away
)

// line is a line of a file of seals.
type line struct {
	word string
	at   int64 // µs since 1970, on a clock that never goes back in one folder
	seal Seal  // of what came
	name string
	from string // the file of seals
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (l line) append(b []byte) []byte {
	start := len(b)
	b = fmt.Appendf(b, "%s %d ", l.word, l.at)
	if l.word == came {
		b = fmt.Appendf(b, "%d ", l.seal.Size)
		for i, d := range l.seal.Blocks {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, d.String()...)
		}
		b = append(b, ' ')
	}
	b = strconv.AppendQuote(b, l.name)
	return fmt.Appendf(b, " %08x\n", crc32.Checksum(b[start:], castagnoli))
}

const sumSize = len(" 00000000")

// parseLine reads a line without its end.
func parseLine(text string) (l line, ok bool) {
	cut := len(text) - sumSize
	if cut < 0 || text[cut:] != fmt.Sprintf(" %08x", crc32.Checksum([]byte(text[:cut]), castagnoli)) {
		return l, false
	}
	word, rest, _ := strings.Cut(text[:cut], " ")
	at, rest, _ := strings.Cut(rest, " ")
	l.word = word
	var err error
	if l.at, err = strconv.ParseInt(at, 10, 64); err != nil {
		return l, false
	}
	switch word {
	case came:
		if rest, ok = l.seal.parse(rest); !ok {
			return l, false
		}
	case placed, removed:
	default:
		return l, false
	}
	l.name, err = strconv.Unquote(rest)
	return l, err == nil
}

func (s *Seal) parse(text string) (rest string, ok bool) {
	size, text, _ := strings.Cut(text, " ")
	list, rest, _ := strings.Cut(text, " ")
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 {
		return "", false
	}
	s.Size = n
	for word := range strings.SplitSeq(list, ",") {
		d, err := ref.Parse(word)
		if err != nil {
			return "", false
		}
		s.Blocks = append(s.Blocks, d)
	}
	return rest, len(s.Blocks) == blocksOf(n)
}
