package dvc

import (
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

// appended is a dvc.yaml with a stage behind its others; the rest stays letter by letter.
func appended(file string, old []byte, top, stages *doc.Map, name string, fresh *doc.Map) ([]byte, error) {
	lines := strings.SplitAfter(string(old), "\n")
	if last := len(lines) - 1; lines[last] == "" {
		lines = lines[:last]
	} else {
		lines[last] += "\n"
	}
	indent, at := 2, len(lines)
	block := strings.SplitAfter(strings.TrimSuffix(string(doc.Emit(doc.NewMap("stages", doc.NewMap(name, fresh)))), "\n"), "\n")
	block[len(block)-1] += "\n"
	if stages.Len() > 0 {
		indent = stages.At(stages.Keys[0]).Col - 1
		at = endOf(lines, stages.At(stages.Keys[stages.Len()-1]).Line, indent)
		block = block[1:]
	} else if _, there := top.Get("stages"); there {
		return nil, errs.New(errs.Precondition, "%s has `stages:` without any", file).WithHint("take that line out and try again")
	}
	if indent != 2 {
		for i := range block {
			block[i] = strings.Repeat(" ", indent) + strings.TrimPrefix(block[i], "  ")
		}
	}
	text := []byte(strings.Join(slices.Insert(lines, at, block...), ""))
	if stages == nil {
		stages = doc.NewMap()
		top.Set("stages", stages)
	}
	stages.Set(name, fresh)
	return text, sameAs(file, text, top)
}

// endOf is the line behind a mapping's last key: the next one that is not deeper, without the
// empty lines and comments before it.
func endOf(lines []string, last, indent int) int {
	end := last
	for i := last; i < len(lines); i++ {
		text := strings.TrimSpace(lines[i])
		deep := len(lines[i]) - len(strings.TrimLeft(lines[i], " "))
		switch {
		case text == "" || text[0] == '#' && deep <= indent:
			continue
		case deep <= indent && text[0] != '#':
			return end
		}
		end = i + 1
	}
	return end
}

// replaced is a dvc.yaml with one stage said anew, in the order that it had.
func replaced(file string, old []byte, top, stages *doc.Map, name string, fresh *doc.Map) ([]byte, error) {
	now := doc.Clone(top).(*doc.Map)
	inner, _ := now.Value("stages").(*doc.Map)
	inner.Set(name, fresh)
	text, err := doc.Rewrite(file, old, doc.Emit(now))
	if err != nil {
		return nil, err
	}
	own := string(doc.Emit(top)) == string(old) // by DVC's writer, which writes no comments
	stages.Set(name, fresh)
	for l := range strings.Lines(string(old)) {
		if i := strings.Index(l, "#"); i >= 0 && !own && !strings.Contains(string(text), strings.TrimSpace(l[i:])) {
			return nil, byHand(file)
		}
	}
	return text, sameAs(file, text, top)
}

// sameAs refuses a text that does not say what it should.
func sameAs(file string, text []byte, want *doc.Map) error {
	if now, err := doc.ParseSums(file, text); err != nil || !doc.Equal(now, want) {
		return byHand(file)
	}
	return nil
}

func byHand(file string) error {
	return errs.New(errs.Precondition, "%s is written in a way that is not changed from here", file).WithHint("write the stage into it by hand, or with dvc stage add")
}
