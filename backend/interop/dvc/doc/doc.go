// Package doc reads and writes the documents of DVC projects: YAML 1.2 as ruamel.yaml takes and writes
// it, JSON, TOML, and Python as files of params. What it reads is one model of values, which knows the
// order and the places of keys. What a document says of stages and data is for others: it knows no
// file of DVC's, no project and no disk, and it runs nothing.
package doc

import (
	"fmt"

	"rondo/backend/errs"
)

// MaxSize is how many bytes of one document are read.
const MaxSize = 16 << 20

// Pos is a place in a text; both count from 1. The zero Pos is no place.
type Pos struct{ Line, Col int }

// Fail is an error about a place in a file.
func Fail(name string, at Pos, format string, args ...any) *errs.Error {
	if at.Line == 0 {
		at = Pos{1, 1}
	}
	return errs.New(errs.Invalid, "%s:%d:%d: %s", name, at.Line, max(at.Col, 1), fmt.Sprintf(format, args...))
}
