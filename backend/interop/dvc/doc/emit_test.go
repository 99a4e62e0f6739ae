package doc_test

import (
	"encoding/json"
	"math/rand"
	"strings"
	"testing"

	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/dvctest"
)

var scraps = []string{
	"python", "train.py", "--lr", "0.1", "a: b", "#x", "x #y", "-", "- a", "?", ": ", "it's", `say "hi"`, "\n", " ", "  ", "\t", "é", "漢字", "😀", "true", "no", "null", "~", "1e-5", "012", "0x1f", "2024-01-02", "[a]", "{b}", "&", "*", "!", "|", ">", "%", "@", "`", "\\", "$X", "=", "<<", "---", "...", ",", "\u0085", "\u2028", "\a", "\x7f", "\ufeff", "averyveryveryveryverylongwordthatgoesonandonandonandonandonandonandonandonandonandonandon",
}

func randomText(r *rand.Rand) string {
	var b strings.Builder
	for range r.Intn(24) {
		b.WriteString(scraps[r.Intn(len(scraps))])
		if r.Intn(3) > 0 {
			b.WriteByte(' ')
		}
	}
	if r.Intn(2) == 0 {
		return strings.TrimSpace(b.String())
	}
	return b.String()
}

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.Intn(10); {
	case n < 4 || depth > 4:
		return randomText(r)
	case n == 4:
		return []any{nil, true, false, int64(r.Intn(1000) - 500), r.NormFloat64() * 1e3, 1e-7 * r.Float64(), 1e20 * r.Float64(), 0.1, 1.0}[r.Intn(9)]
	case n < 7:
		list := []any{}
		for range r.Intn(4) {
			list = append(list, randomValue(r, depth+1))
		}
		return list
	}
	m := &doc.Map{}
	for range r.Intn(4) {
		m.Set(randomText(r), randomValue(r, depth+1))
	}
	return m
}

const dumpScript = `
import sys, json
from dvc.utils.serialize import dumps_yaml
docs = json.load(sys.stdin)
json.dump([dumps_yaml(d) for d in docs], sys.stdout)
`

// TestEmitIsByteForByteDVCs writes random documents beside DVC's own writer.
func TestEmitIsByteForByteDVCs(t *testing.T) {
	r := rand.New(rand.NewSource(7))
	var docs []any
	for range 300 {
		docs = append(docs, doc.NewMap("stages", doc.NewMap(randomText(r), doc.NewMap("cmd", randomValue(r, 2), "params", randomValue(r, 1)))))
	}
	var want []string
	if err := json.Unmarshal([]byte(dvctest.Python(t, dumpScript, dvctest.JSON(docs))), &want); err != nil {
		t.Fatal(err)
	}
	bad := 0
	for i, d := range docs {
		if got := string(doc.Emit(d)); got != want[i] && bad < 5 {
			bad++
			t.Errorf("%s\ngot\n%q\nwant\n%q", dvctest.JSON(d), got, want[i])
		}
	}
}
