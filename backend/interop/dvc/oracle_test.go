package dvc_test

import (
	"testing"

	"rondo/backend/interop/dvc/dvctest"
)

func realDVC(t *testing.T) string { t.Helper(); return dvctest.Program(t) }

func interpreter(program string) string { return dvctest.Interpreter(program) }
