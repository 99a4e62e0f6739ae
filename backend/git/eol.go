package git

import (
	"bytes"
	"io"
)

// eolAction is what git does with the ends of lines of a path, by its attributes text and
// eol and the settings core.autocrlf and core.eol. See gitattributes(5).
type eolAction struct {
	convert bool // to LF in the repository
	guess   bool // unless it looks binary, or the repository has CRLF in it
	crlf    bool // CRLF in the work tree
}

func eolOf(a *attributes, path string, s *settings) eolAction {
	text := a.get(path, "text")
	if text == "" {
		text = a.get(path, "crlf") // its old name
	}
	eol := a.get(path, "eol")
	act := eolAction{convert: true, guess: text == "auto", crlf: s.crlf()}
	auto := s.get("core.autocrlf")
	switch {
	case text == attrUnset:
		return eolAction{}
	case eol == "lf" || text == "input":
		act.crlf = false
	case eol == "crlf":
		act.crlf = true
	case text == attrSet:
	case text == "auto":
	case auto == "input":
		return eolAction{convert: true, guess: true}
	case s.yes("core.autocrlf", false):
		return eolAction{convert: true, guess: true, crlf: true}
	default:
		return eolAction{}
	}
	return act
}

// crlf reports whether text has CRLF in the work tree.
func (s *settings) crlf() bool {
	switch {
	case s.get("core.autocrlf") == "input":
		return false
	case s.yes("core.autocrlf", false):
		return true
	case s.get("core.eol") == "lf":
		return false
	}
	return s.get("core.eol") == "crlf" || nativeCRLF
}

// eolStats is what a file looks like to git.
type eolStats struct {
	crlf, loneCR, loneLF, nul, printable, odd int64
	last                                      byte
	cr                                        bool // the last byte was a CR that is not counted yet
}

func (s *eolStats) Write(b []byte) (int, error) {
	for _, c := range b {
		s.add(c)
		s.last = c
	}
	return len(b), nil
}

func (s *eolStats) add(c byte) {
	if s.cr {
		s.cr = false
		if c == '\n' {
			s.crlf++
			return
		}
		s.loneCR++
	}
	switch {
	case c == '\r':
		s.cr = true
	case c == '\n':
		s.loneLF++
	case c == 0:
		s.nul++
		s.odd++
	case c == 0x7f || c < 0x20 && c != '\b' && c != '\t' && c != 0x1b && c != '\f':
		s.odd++
	default:
		s.printable++
	}
}

// end counts what only the end of the file tells.
func (s *eolStats) end() {
	if s.cr {
		s.cr = false
		s.loneCR++
	}
	if s.last == 0x1a { // the end of a file of old
		s.odd--
	}
}

func (s *eolStats) binary() bool { return s.loneCR > 0 || s.nul > 0 || s.printable>>7 < s.odd }

func statsOf(b []byte) *eolStats {
	s := &eolStats{}
	s.Write(b)
	s.end()
	return s
}

// drops reports whether git takes CRs away when the file goes into the repository.
// committed reads what the repository has of it.
func (a eolAction) drops(s *eolStats, committed func() ([]byte, error)) bool {
	if !a.convert || s.crlf == 0 {
		return false
	}
	if !a.guess {
		return true
	}
	if s.binary() {
		return false
	}
	b, err := committed()
	if err != nil || !bytes.ContainsRune(b, '\r') {
		return true
	}
	old := statsOf(b)
	return old.binary() || old.crlf == 0
}

// adds reports whether git puts CRs in when the file goes into the work tree.
func (a eolAction) adds(s *eolStats) bool {
	if !a.convert || !a.crlf || s.loneLF == 0 {
		return false
	}
	return !a.guess || s.loneCR == 0 && s.crlf == 0 && !s.binary()
}

// toUnix copies text with LF for CRLF.
type toUnix struct {
	w  io.Writer
	cr bool
}

func (t *toUnix) Write(b []byte) (int, error) {
	out := make([]byte, 0, len(b)+1)
	for _, c := range b {
		if t.cr && c != '\n' {
			out = append(out, '\r')
		}
		if t.cr = c == '\r'; !t.cr {
			out = append(out, c)
		}
	}
	_, err := t.w.Write(out)
	return len(b), err
}

// end writes a CR that came last.
func (t *toUnix) end() error {
	if !t.cr {
		return nil
	}
	_, err := t.w.Write([]byte{'\r'})
	return err
}

// toCRLF writes CRLF for every LF that has no CR.
func toCRLF(b []byte) []byte {
	out := make([]byte, 0, len(b)+len(b)/32)
	for i, c := range b {
		if c == '\n' && (i == 0 || b[i-1] != '\r') {
			out = append(out, '\r')
		}
		out = append(out, c)
	}
	return out
}
