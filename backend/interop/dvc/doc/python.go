package doc

import (
	"strings"
)

// parsePython reads the literal assignments of a Python file, at the top, in classes and
// (of self) in __init__. Nothing is evaluated: what is no literal is passed over, as DVC
// does it.
func parsePython(name string, b []byte) (any, error) {
	if len(b) > MaxSize {
		return nil, TooLarge(name, len(b))
	}
	lines, err := pyLines(name, string(b))
	if err != nil {
		return nil, err
	}
	p := &pyParser{lines: lines}
	return p.block(0, false, 0), nil
}

type pyParser struct {
	lines []pyLine
	next  int
}

// block takes the statements that stand at one indentation.
func (p *pyParser) block(indent int, self bool, depth int) *Map {
	m := &Map{}
	for p.next < len(p.lines) && p.lines[p.next].indent >= indent {
		l := p.lines[p.next]
		p.next++
		if l.indent > indent {
			continue // under something that is not looked into
		}
		for _, stmt := range l.statements() {
			p.statement(m, stmt, self, depth)
		}
	}
	return m
}

func (p *pyParser) statement(m *Map, stmt []pyToken, self bool, depth int) {
	if len(stmt) == 0 {
		return
	}
	header := stmt[len(stmt)-1].text == ":" && stmt[len(stmt)-1].kind == pyOp && p.next < len(p.lines)
	switch first := stmt[0].text; {
	case first == "class" && header && len(stmt) > 1 && depth < maxDepth:
		if inner := p.under(self, depth); inner != nil {
			m.Set(stmt[1].text, inner)
		}
	case first == "def" && header && len(stmt) > 1 && stmt[1].text == "__init__" && depth < maxDepth:
		if inner := p.under(true, depth); inner != nil {
			for _, k := range inner.Keys {
				m.Set(k, inner.vals[k])
			}
		}
	default:
		assign(m, stmt, self)
	}
}

// under takes the block below a header.
func (p *pyParser) under(self bool, depth int) *Map {
	if p.lines[p.next].indent <= p.lines[p.next-1].indent {
		return nil
	}
	return p.block(p.lines[p.next].indent, self, depth+1)
}

// assign takes NAME = LITERAL, NAME: TYPE = LITERAL and self.NAME = LITERAL.
func assign(m *Map, stmt []pyToken, self bool) {
	name, rest := "", stmt
	switch {
	case len(rest) > 4 && rest[0].text == "self" && rest[1].text == "." && rest[2].kind == pyName:
		name, rest = rest[2].text, rest[3:]
	case len(rest) > 2 && rest[0].kind == pyName && !self:
		name, rest = rest[0].text, rest[1:]
	default:
		return
	}
	if rest[0].text == ":" && rest[0].kind == pyOp {
		for len(rest) > 0 && (rest[0].text != "=" || rest[0].kind != pyOp) {
			rest = rest[1:]
		}
	}
	if len(rest) < 2 || rest[0].text != "=" || rest[0].kind != pyOp {
		return
	}
	lit := &pyLiteral{toks: rest[1:]}
	if v, ok := lit.tuple(); ok && lit.done() {
		m.Set(name, v)
	}
}

// statements splits a line at its semicolons.
func (l pyLine) statements() (all [][]pyToken) {
	begin := 0
	for i, t := range l.toks {
		if t.kind == pyOp && t.text == ";" {
			all = append(all, l.toks[begin:i])
			begin = i + 1
		}
	}
	return append(all, l.toks[begin:])
}

// pyLiteral reads a literal as ast.literal_eval takes it.
type pyLiteral struct {
	toks  []pyToken
	depth int
}

func (l *pyLiteral) done() bool { return len(l.toks) == 0 }

func (l *pyLiteral) peek() string {
	if len(l.toks) == 0 || l.toks[0].kind != pyOp {
		return ""
	}
	return l.toks[0].text
}

func (l *pyLiteral) eat(op string) bool {
	if l.peek() != op {
		return false
	}
	l.toks = l.toks[1:]
	return true
}

// tuple is a value, or several without brackets.
func (l *pyLiteral) tuple() (any, bool) {
	v, ok := l.value()
	if !ok || l.peek() != "," {
		return v, ok
	}
	list := []any{v}
	for l.eat(",") && !l.done() {
		if v, ok = l.value(); !ok {
			return nil, false
		}
		list = append(list, v)
	}
	return list, true
}

func (l *pyLiteral) value() (any, bool) {
	if l.depth++; l.depth > maxDepth || l.done() {
		return nil, false
	}
	defer func() { l.depth-- }()
	t := l.toks[0]
	l.toks = l.toks[1:]
	switch t.kind {
	case pyString:
		s := t.text
		for len(l.toks) > 0 && l.toks[0].kind == pyString { // "a" "b" is "ab"
			s += l.toks[0].text
			l.toks = l.toks[1:]
		}
		return s, true
	case pyNumber:
		return pyNumberValue(t.text)
	case pyName:
		v, ok := map[string]any{"True": true, "False": false, "None": nil}[t.text]
		return v, ok
	}
	switch t.text {
	case "-", "+":
		v, ok := l.value()
		return signed(t.text, v, ok)
	case "[":
		return l.items("]", false)
	case "(":
		return l.items(")", true)
	case "{":
		return l.braces()
	}
	return nil, false
}

func signed(sign string, v any, ok bool) (any, bool) {
	switch x := v.(type) {
	case int64:
		if sign == "-" {
			return -x, ok
		}
		return x, ok
	case float64:
		if sign == "-" {
			return -x, ok
		}
		return x, ok
	case Big:
		return Big(strings.TrimPrefix(sign, "+") + string(x)), ok
	}
	return nil, false
}

// items reads up to the closing bracket. One value in round ones is that value.
func (l *pyLiteral) items(end string, round bool) (any, bool) {
	list, commas := []any{}, 0
	for !l.eat(end) {
		v, ok := l.value()
		if !ok {
			return nil, false
		}
		list = append(list, v)
		if l.eat(",") {
			commas++
		} else if l.peek() != end {
			return nil, false
		}
	}
	if round && len(list) == 1 && commas == 0 {
		return list[0], true
	}
	return list, true
}

func (l *pyLiteral) braces() (any, bool) {
	m, set := &Map{}, []any{}
	for !l.eat("}") {
		k, ok := l.value()
		if !ok {
			return nil, false
		}
		if l.eat(":") {
			v, ok := l.value()
			if !ok {
				return nil, false
			}
			m.Set(Text(k), v)
		} else {
			set = append(set, k)
		}
		if !l.eat(",") && l.peek() != "}" {
			return nil, false
		}
	}
	if len(set) > 0 {
		return set, m.Len() == 0
	}
	return m, true
}
