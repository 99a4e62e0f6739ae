package dataset

import (
	"errors"
	"fmt"
	"hash/crc32"
	"sort"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// A pointer says, beside the data, which snapshot is there: text for people and git.
// docs/formats/snapshots.md describes it.
const (
	pointerSuffix = ".snap"
	pointerHead   = "rondo snapshot 1"
	checkKey      = "check"
	maxPointer    = 64 << 10 // bytes
)

// PointerAt is where the pointer of what lies at a path is.
func PointerAt(path string) string { return path + pointerSuffix }

// Pointer is the content of a .snap file.
type Pointer struct {
	Dataset string
	Number  int
	ID      string
	Path    string
	Tree    ref.Digest
	Content ref.Digest // of the one file; Zero for a folder
	Files   int
	Size    int64
	Checked bool // a line of it says what the others were; those of older versions have none
}

func pointerOf(s Snapshot) Pointer {
	return Pointer{s.Dataset, s.Number, s.ID, s.Path, s.Tree, s.Content, s.Files, s.Size, true}
}

// String writes the keys in the order of the alphabet, so that two devices that point
// at the same snapshot have the same bytes.
func (p Pointer) String() string {
	lines := []string{
		"dataset: " + p.Dataset, fmt.Sprintf("files: %d", p.Files), "id: " + p.ID, fmt.Sprintf("number: %d", p.Number),
		"path: " + p.Path, fmt.Sprintf("size: %d", p.Size), "tree: " + p.Tree.String(),
	}
	if !p.Content.IsZero() {
		lines = append(lines, "content: "+p.Content.String())
	}
	sort.Strings(lines)
	lines = append([]string{pointerHead}, lines...)
	lines = append(lines[:1], append([]string{checkKey + ": " + checkOf(lines)}, lines[1:]...)...)
	return strings.Join(lines, "\n") + "\n"
}

// checkOf is the CRC-32C (Castagnoli) of the lines but for the one that holds it.
func checkOf(lines []string) string {
	h := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	for _, line := range lines {
		if !strings.HasPrefix(line, checkKey+": ") {
			fmt.Fprintln(h, line)
		}
	}
	return fmt.Sprintf("%08x", h.Sum32())
}

// errEdited is what a pointer is wrong with that somebody changed a line of.
var errEdited = errors.New("its check does not fit its other lines: a hand or a merge changed one of them, or it is damaged")

// ParsePointer reads a .snap file. Where its check does not fit, what it says is returned with the error.
func ParsePointer(text string) (p Pointer, err error) {
	lines := strings.Split(strings.TrimRight(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), "\n")
	if lines[0] != pointerHead {
		return p, badPointer(1, lines[0], "want %q", pointerHead)
	}
	seen, unknown, check := map[string]bool{}, 0, ""
	for i, line := range lines[1:] {
		key, value, ok := strings.Cut(line, ": ")
		if !ok {
			return p, badPointer(i+2, line, "want KEY: VALUE")
		}
		if seen[key] {
			return p, badPointer(i+2, line, "the key is there twice")
		}
		seen[key] = true
		known, err := p.set(key, value)
		switch {
		case err != nil:
			return p, badPointer(i+2, line, "%s", err)
		case key == checkKey:
			check = value
		case !known:
			unknown = i + 2
		}
	}
	for _, key := range []string{"dataset", "id", "number", "path", "tree"} {
		if !seen[key] {
			return p, badPointer(len(lines), "", "the key %q is missing", key)
		}
	}
	if p.Checked = seen[checkKey]; !p.Checked && unknown > 0 { // whoever writes more keys writes a check
		return p, badPointer(unknown, lines[unknown-1], "no such key is known")
	}
	if p.Checked && check != checkOf(lines) {
		return p, errs.New(errs.Invalid, "%w", errEdited).WithHint(chooseSnapshot)
	}
	return p, nil
}

// set takes one line. Keys that a newer Rondo may write are not known.
func (p *Pointer) set(key, value string) (known bool, err error) {
	switch key {
	case checkKey:
	case "dataset":
		p.Dataset = value
	case "id":
		p.ID = value
	case "path":
		p.Path = value
	case "number":
		if p.Number, err = strconv.Atoi(value); err == nil && p.Number < 1 {
			err = errors.New("want a number from 1 up")
		}
	case "files":
		p.Files, err = strconv.Atoi(value)
	case "size":
		p.Size, err = strconv.ParseInt(value, 10, 64)
	case "tree":
		p.Tree, err = ref.Parse(value)
	case "content":
		p.Content, err = ref.Parse(value)
	default:
		return false, nil
	}
	return true, err
}

const chooseSnapshot = "take it from git again, or choose a snapshot: rondo data checkout NAME@NUMBER"

func badPointer(line int, text, format string, args ...any) error {
	e := errs.New(errs.Invalid, "line %d, %.60q: %s", line, text, fmt.Sprintf(format, args...))
	if strings.HasPrefix(text, "<<<<<<<") || strings.HasPrefix(text, "=======") || strings.HasPrefix(text, ">>>>>>>") {
		return e.WithHint("a git merge stopped here: keep one side (git checkout --ours or --theirs), then `rondo data checkout`")
	}
	return e.WithHint(chooseSnapshot)
}
