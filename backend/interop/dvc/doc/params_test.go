package doc_test

import (
	"encoding/json"
	"strings"
	"testing"

	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/dvctest"
)

const loadScript = `
import sys, json
from dvc.utils.serialize import PARSERS
from pathlib import PurePath
def plain(v):
    if isinstance(v, dict): return {str(k): plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)): return [plain(x) for x in v]
    if isinstance(v, set): return sorted(v)
    return v if isinstance(v, (int, float, str, bool, type(None))) else str(v)
json.dump([plain(PARSERS[PurePath(n).suffix](t, n)) for n, t in json.load(sys.stdin)], sys.stdout)
`

// TestParamsAreReadAsDVCReadsThem reads what is hard to read, in all four formats, beside
// DVC's own readers.
func TestParamsAreReadAsDVCReadsThem(t *testing.T) {
	texts := []any{
		[]any{"a.yaml", "a: 1e-5\nb: 012\nc: 0o17\nd: yes\ne: on\nf: ~\ng:\nh: 0x1F\ni: 1_000\nj: .5\nk: +3\nl: -.inf\nm: '1'\nn: \"1\"\no: 1.\np: 1e5\nq: .nanx\nr: 0b11\ns: TRUE\nt: Null\nu: n\nv: 1:30\nw: 2024-01-02x\nx: 00\ny: -0\nz: _1\n"},
		[]any{"b.yaml", "base: &b {x: 1, y: [1, 2]}\nmore:\n  <<: *b\n  y: 3\nlit: |\n  one\n  two\nfold: >-\n  one\n  two\nplain: a\n  b\n'q k': v\n"},
		[]any{"c.json", `{"a": 1, "b": 1.0, "c": 1e3, "d": null, "e": [true, "é\u00e9"], "f": {"g": {}}, "h": 123456789012345678901234567890}`},
		[]any{"d.toml", "a = 1\nb = 1.5\nc = 'x'\n[t]\nz = [1, 2]\ny = {q = true}\n[[l]]\nn = 1\n[[l]]\nn = 2\n[t.u.v]\nw = \"\\u00e9\"\n"},
		[]any{"e.py", "# c\nimport os\nA = 1\nB: float = 2.5\nC = 'x' \"y\"\nD = os.getcwd()\nE = -3\nF = [1,\n  2, # two\n  (3, 4)]\nG = {'a': {'b': None}, 'c': (1,)}\nH = 1 + 2\nI = \"\"\"long\ntext\"\"\"\nJ = r'\\n' ; K = True\nL = f'{A}'\nM = 0x1f\nN = 1_000.5e-1\nO, P = 1, 2\nQ = R = 3\nS = (5)\nT = 1,\nU == 4\nV += 1\nif A:\n    W = 2\nclass X:\n    y = 1\n    class Z:\n        w = 'in'\n    def __init__(self, a=1):\n        self.p = 7\n        q = 8\n    def other(self):\n        self.r = 9\ndef f():\n    k = 1\nAA = {1, 2}\nAB = {}\nAC = []\nAD = 'a\\\nb'\nAE = \\\n  4\n"},
	}
	var want []json.RawMessage
	if err := json.Unmarshal([]byte(strings.ReplaceAll(dvctest.Python(t, loadScript, dvctest.JSON(texts)), "-Infinity", `"-inf"`)), &want); err != nil {
		t.Fatal(err)
	}
	for i, c := range texts {
		name, text := c.([]any)[0].(string), c.([]any)[1].(string)
		got, err := doc.ReadParams(name, []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var a any
		if err := json.Unmarshal(want[i], &a); err != nil {
			t.Fatal(err)
		}
		wanted := a.(map[string]any)
		for _, k := range got.Keys {
			v, _ := got.Get(k)
			x, y := strings.TrimSpace(jsonOf(v)), jsonOf(wanted[k])
			if _, ok := wanted[k]; !ok || x != y {
				t.Errorf("%s: %s is %s, and DVC says %s", name, k, x, y)
			}
			delete(wanted, k)
		}
		for k, v := range wanted {
			t.Errorf("%s: DVC reads %s = %v too", name, k, v)
		}
	}
}

func jsonOf(v any) string {
	var back any
	s := dvctest.JSON(v)
	if f, ok := v.(float64); ok && f < -1e308 {
		s = `"-inf"`
	}
	if json.Unmarshal([]byte(s), &back) != nil {
		return s
	}
	b, _ := json.Marshal(back)
	return string(b)
}
