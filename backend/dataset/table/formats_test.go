package table_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
	"rondo/backend/dataset/table/tabletest"
	"rondo/backend/errs"
)

func tableOf(t testing.TB, name, text string) (profile.Table, error) {
	t.Helper()
	return profile.Summarise(context.Background(), table.File{Path: name}, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
}

func columnsOf(table profile.Table) string {
	var words []string
	for _, c := range table.Columns {
		words = append(words, c.Name+":"+c.Type)
	}
	return strings.Join(words, " ")
}

func TestTablesBeyondCSV(t *testing.T) {
	table, err := tableOf(t, "t.parquet", tabletest.Parquet(t, 1000, nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := columnsOf(table); table.Rows != 1000 || !strings.HasPrefix(got, "id:integer city:text fare:number paid:boolean at:datetime price:number tags.list.element:text") {
		t.Errorf("%d rows, %s", table.Rows, got)
	}
	if c := table.Columns[1]; c.Missing != 333 || c.Distinct != 2 || c.Declared == "" {
		t.Errorf("%+v", c)
	}
	if c := table.Columns[5]; fmt.Sprint(c.Max) != "999" {
		t.Errorf("a decimal's most is %v", c.Max)
	}
	table, err = tableOf(t, "t.jsonl", "\xef\xbb\xbf"+tabletest.Lines(500, func(i int) string {
		if i%5 == 0 {
			return fmt.Sprintf(`{"id": %d, "name": null, "late": {"a": [1, 2]}}`, i)
		}
		return fmt.Sprintf(`{"name": "n\u00e9%d", "id": %d}`, i%7, i) + "\r"
	}))
	if err != nil || columnsOf(table) != "id:integer name:text late:text" || table.Columns[1].Missing != 100 || table.Columns[2].Missing != 400 || !table.Columns[0].Unique {
		t.Errorf("%+v %v", table, err)
	}
}

func TestFilesThatAreNoTableNameTheirLine(t *testing.T) {
	for text, want := range map[string]string{
		"a,b\n1,2,3\n":     "line 2: it has 3 fields, and the header has 2",
		"a,b\n1,2\n1\n2\n": "line 3: it has 1 field, and the header has 2; of 3 lines 2 are not rows",
		"a,b\n1,\"open\n":  "line",
		"a,b\n1,\"open" + strings.Repeat("x", 20<<20): "longer than 8 MiB",
		"\x00\x01\x02,x\n1,2\n":                       "line 1: it holds bytes that are no text",
		"":                                            "empty",
		strings.Repeat("c,", 20_000) + "c\n":          "over the limit",
	} {
		_, err := tableOf(t, "t.csv", text)
		if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", text, err, want)
		}
	}
}

func TestSeparatorsAndMarks(t *testing.T) {
	for name, text := range map[string]string{
		"semicolon": "\xef\xbb\xbfa;b\n1;2\n", "tab": "a\tb\n1\t2\n", "crlf": "a,b\r\n1,2\r\n", "pipe": "a|b\n1|2",
	} {
		table, err := tableOf(t, "t.csv", text)
		if err != nil {
			t.Fatal(err)
		}
		if len(table.Columns) != 2 || table.Columns[0].Name != "a" || table.Columns[1].Type != profile.Integer || table.Rows != 1 {
			t.Errorf("%s: %+v", name, table)
		}
	}
}

func TestEncodings(t *testing.T) {
	for name, text := range map[string]string{
		"Latin-1": "n\xe4me;x\nM\xfcller \x80;1\nM\xf6ller;2\n", "UTF-8": "näme;x\nMüller €;1\nMöller;2\n",
		"UTF-16LE without a mark": utf16Of(binary.LittleEndian, "näme;x\r\nMüller €;1\nMöller;2"), "UTF-16BE without a mark": utf16Of(binary.BigEndian, "näme;x\nMüller €;1\nMöller;2\n"),
		"UTF-16LE": utf16Of(binary.LittleEndian, "\ufeffnäme;x\r\nMüller €;1\nMöller;2"), "UTF-16BE": utf16Of(binary.BigEndian, "\ufeffnäme;x\nMüller €;1\nMöller;2\n"),
	} {
		table, err := tableOf(t, "t.csv", text)
		if err != nil || columnsOf(table) != "näme:text x:integer" || table.Columns[0].Distinct != 2 || table.Columns[0].Longest != 8 {
			t.Errorf("%s: %s %+v %v", name, columnsOf(table), table, err)
		}
	}
}

func utf16Of(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// TestFilesThatAreNoTables are kept, told, and never make the program fall.
func TestFilesThatAreNoTables(t *testing.T) {
	good := tabletest.Parquet(t, 500, nil)
	bad := map[string]string{
		"a.jsonl": "{\"a\":1}\n[1]\n[2]\n", "b.jsonl": "{\"a\":1", "c.jsonl": "{\"a\":1} {\"a\":2}\n", "d.jsonl": "", "e.jsonl": "hello\n", "f.jsonl": "{\"a\":" + strings.Repeat("[", 20_000) + "\n",
		"g.parquet": "", "h.parquet": "PAR1", "i.parquet": good[:len(good)/2], "j.parquet": "PAR1" + strings.Repeat("\xff", 100) + "PAR1",
	}
	for name, text := range bad {
		if _, err := tableOf(t, name, text); !errs.Is(err, errs.Invalid) || errs.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused := 0
	for at := 0; at < len(good); at += len(good)/60 + 1 {
		b := []byte(good)
		b[at] ^= 0x55
		if _, err := tableOf(t, "t.parquet", string(b)); err != nil {
			if refused++; !errs.Is(err, errs.Invalid) {
				t.Errorf("byte %d: %v", at, err)
			}
		}
	}
	if refused == 0 {
		t.Error("no damaged file was refused")
	}
}
