package table

import (
	"bytes"
	"errors"
	"io"
)

const (
	maxRow     = 8 << 20 // bytes of one row
	readAtOnce = 256 << 10
)

var errLong = errors.New("the line is too long")

// lines gives a text line by line, and lines that were given once more: what turns out to be no row is
// read again from its second line on.
type lines struct {
	r    io.Reader
	buf  []byte
	held int  // where what may be given once more begins
	at   int  // where the next line begins
	end  bool // nothing comes after buf
	line int  // that was given last, from 1

	failed error // what the source has ended with before its end
}

func newLines(r io.Reader) *lines { return &lines{r: r, buf: make([]byte, 0, readAtOnce)} }

// hold says that nothing before here is wanted once more.
func (l *lines) hold() { l.held = l.at }

// back goes back to a place that is as far from where hold was as it was then, after a line.
func (l *lines) back(after, line int) { l.at, l.line = l.held+after, line }

// taken is how much was given since hold.
func (l *lines) taken() int { return l.at - l.held }

// next returns a line without its end; it is valid until the next call. io.EOF ends the text. A line
// that is too long is passed over, and is errLong.
func (l *lines) next() ([]byte, error) {
	for seen := 0; ; {
		rest := l.buf[l.at:]
		if i := bytes.IndexByte(rest[seen:], '\n'); i >= 0 {
			return l.take(rest[:seen+i], 1)
		}
		seen = len(rest)
		switch {
		case l.end && seen == 0:
			return nil, io.EOF
		case l.end:
			return l.take(rest, 0)
		case seen > maxRow:
			return nil, l.skip()
		}
		if err := l.fill(); err != nil {
			return nil, err
		}
	}
}

func (l *lines) take(text []byte, end int) ([]byte, error) {
	l.at += len(text) + end
	l.line++
	if len(text) > maxRow {
		l.hold()
		return nil, errLong
	}
	return bytes.TrimSuffix(text, []byte("\r")), nil
}

func (l *lines) fill() error {
	if l.failed != nil {
		return l.failed
	}
	if l.held > 0 {
		l.buf = l.buf[:copy(l.buf, l.buf[l.held:])]
		l.held, l.at = 0, l.at-l.held
	}
	if len(l.buf) == cap(l.buf) {
		l.buf = append(make([]byte, 0, 2*cap(l.buf)), l.buf...)
	}
	n, err := l.r.Read(l.buf[len(l.buf):cap(l.buf)])
	l.buf = l.buf[:len(l.buf)+n]
	if errors.Is(err, io.EOF) {
		l.end, err = true, nil
	}
	l.failed = err
	return err
}

// skip passes over the rest of a line without keeping it.
func (l *lines) skip() error {
	for l.line++; ; {
		if i := bytes.IndexByte(l.buf[l.at:], '\n'); i >= 0 {
			l.at += i + 1
			break
		}
		l.at = len(l.buf)
		if l.hold(); l.end {
			break
		}
		if err := l.fill(); err != nil {
			return err
		}
	}
	l.hold()
	return errLong
}
