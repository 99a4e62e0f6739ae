package dvc_test

import (
	"testing"

	"rondo/backend/interop/dvc/dvctest"
)

func realDVC(t *testing.T) string { t.Helper(); return dvctest.Program(t) }

func interpreter(program string) string { return dvctest.Interpreter(program) }

func python(t *testing.T, script, stdin string) string {
	t.Helper()
	return dvctest.Python(t, script, stdin)
}

func toJSON(v any) string { return dvctest.JSON(v) }
