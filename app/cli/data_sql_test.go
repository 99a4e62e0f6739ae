package cli_test

import (
	"strings"
	"testing"
)

// TestAnswersInSQL are told digit by digit, and what cannot be asked by what there is to ask.
func TestAnswersInSQL(t *testing.T) {
	w := newWorld(t)
	writeAll(t, w.dir, map[string]string{"d.csv": "id,word,at\n9007199254740993,NULL,1\n9007199254740995,x,2\n"})
	w.ok("data", "add", "d.csv")
	for question, want := range map[string]string{
		"select max(id) m, count(*) n from d":        "m                 n\n9007199254740995  2\n",
		"select 2000000 a, 0.5 b, null c, '2e+06' d": "a        b    c     d\n2000000  0.5  NULL  2e+06\n",
	} {
		if got := w.ok("data", "sql", "d", question); got != want {
			t.Errorf("%s: %q, want %q", question, got, want)
		}
	}
	if got := w.ok("data", "sql", "d", "select min(id) from d", "--json"); !strings.Contains(got, `"9007199254740993"`) {
		t.Errorf("as JSON, for programs that know floating point only: %s", got)
	}
	for question, want := range map[string][]string{
		"select wrod from d":  {"rondo: no such column: wrod\n", "the columns of d are: id, word, at"},
		"select word from dd": {"rondo: no such table: dd\n", "the tables are: d"},
	} {
		r := w.run("data", "sql", "d", question)
		for _, w := range want {
			if r.code != 2 || !strings.Contains(r.err, w) {
				t.Errorf("%s: %+v, want %q", question, r, w)
			}
		}
	}
}
