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

const textBuffer = 64 << 10 // bytes

// unmarked takes the mark of its encoding off a text, which may be one of UTF-16, as spreadsheets
// write it.
func unmarked(r io.Reader) *bufio.Reader {
	br := bufio.NewReaderSize(r, textBuffer)
	mark, _ := br.Peek(3)
	switch {
	case bytes.Equal(mark, []byte("\xef\xbb\xbf")):
		_, _ = br.Discard(3) // which were there
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return bufio.NewReaderSize(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Reader(br), textBuffer)
	}
	return br
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
