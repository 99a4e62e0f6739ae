package table

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

const (
	textBuffer = 64 << 10 // bytes
	wideHead   = 64       // bytes by which UTF-16 without a mark is known
)

// unmarked takes the mark of its encoding off a text, which may be one of UTF-16, as spreadsheets
// write it.
func unmarked(r io.Reader) *bufio.Reader {
	br := bufio.NewReaderSize(r, textBuffer)
	mark, _ := br.Peek(3)
	if bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = br.Discard(3) // which were there
		return br
	}
	if order, wide := wideOrder(br); wide {
		return bufio.NewReaderSize(unicode.UTF16(order, unicode.UseBOM).NewDecoder().Reader(br), textBuffer)
	}
	return br
}

// wideOrder reports whether a text is of UTF-16: by its mark, else by every second byte being 0 of the letters
// that tables begin with.
func wideOrder(br *bufio.Reader) (unicode.Endianness, bool) {
	head, _ := br.Peek(wideHead)
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return unicode.LittleEndian, true // or as the mark says
	}
	var zeros [2]int
	for i, c := range head {
		if c == 0 {
			zeros[i%2]++
		}
	}
	many := len(head) * 2 / 5
	switch {
	case zeros[1] > many && zeros[0] == 0:
		return unicode.LittleEndian, true
	case zeros[0] > many && zeros[1] == 0:
		return unicode.BigEndian, true
	}
	return unicode.LittleEndian, false
}

// toUTF8 takes fields that are no UTF-8 for Windows-1252, which holds Latin-1.
func toUTF8(row []string) {
	for i, v := range row {
		if utf8.ValidString(v) {
			continue
		}
		var b strings.Builder
		for _, c := range []byte(v) {
			b.WriteRune(charmap.Windows1252.DecodeByte(c))
		}
		row[i] = b.String()
	}
}
