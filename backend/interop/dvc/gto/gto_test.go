package gto_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/dvctest"
	"rondo/backend/interop/dvc/gto"
)

const names = `
import json, sys
from gto.tag import parse_name
out = []
for t in json.load(sys.stdin):
    p = parse_name(t, raise_on_fail=False)
    out.append("|".join([p.get("name", ""), p.get("version") or "", p.get("stage") or "", p["action"].value if "action" in p else "", str(p.get("counter", 0))]) if p else "none")
print(json.dumps(out))
`

// TestTagsAreGTOs reads names of tags at random as GTO does.
func TestTagsAreGTOs(t *testing.T) {
	r := rand.New(rand.NewSource(5))
	bits := []string{"model", "a", "sub/dir=", "x-y", "@", "#", "v1.2.3", "v0.0.1-rc.1", "v01.2.3", "v1.2", "!", "prod", "#3", "deprecated", "1", "_", "=", "/", ".", "+b"}
	list := []string{"model@v1.2.3", "sub=model@v1.0.0", "model#prod#1", "model#prod!#2", "m@v1.0.0!", "m@deprecated", "m@deprecated#4", "a/b#dev", "v1.0.0", "model@v1.2.3#1", "m@v1.0.0-rc.1+x.y"}
	for range 800 {
		var b strings.Builder
		for range 1 + r.Intn(5) {
			b.WriteString(bits[r.Intn(len(bits))])
		}
		list = append(list, b.String())
	}
	in, _ := json.Marshal(list)
	var want []string
	if err := json.Unmarshal([]byte(dvctest.Python(t, names, string(in))), &want); err != nil {
		t.Fatal(err)
	}
	read := 0
	for i, name := range list {
		got := "none"
		if tag, is := gto.Parse(name); is {
			read++
			got = fmt.Sprintf("%s|%s|%s|%s|%d", tag.Artifact, tag.Version, tag.Stage, action(tag), tag.Counter)
		}
		if got != want[i] {
			t.Errorf("%s: %s, and by GTO %s", name, got, want[i])
		}
	}
	t.Logf("%d of %d are about artifacts", read, len(list))
}

func action(t gto.Tag) string {
	switch {
	case t.Gone:
		return "deprecate"
	case t.Version != "" && t.Back:
		return "deregister"
	case t.Version != "":
		return "register"
	case t.Back:
		return "unassign"
	}
	return "assign"
}

const order = `
import json, sys
from gto.versions import SemVer
print(json.dumps([v.version for v in sorted(SemVer(x) for x in json.load(sys.stdin))]))
`

// TestVersionsAreInOrder sorts versions as GTO does.
func TestVersionsAreInOrder(t *testing.T) {
	list := []string{"v1.0.0", "v1.0.0-rc.1", "v1.0.0-rc.2", "v1.0.0-rc.10", "v1.0.0-alpha", "v1.0.0-alpha.beta", "v1.0.0-1", "v1.9.0", "v1.10.0", "v0.99.99", "v10.0.0", "v2.0.0", "v1.0.0-beta", "v1.0.0-rc"}
	rand.New(rand.NewSource(2)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	in, _ := json.Marshal(list)
	var want []string
	if err := json.Unmarshal([]byte(dvctest.Python(t, order, string(in))), &want); err != nil {
		t.Fatal(err)
	}
	if slices.SortFunc(list, gto.Compare); !slices.Equal(list, want) {
		t.Errorf("%v\nand by GTO\n%v", list, want)
	}
}

// TestWhatIsTakenBackIsNotFound asks for versions and stages, by the last word on each.
func TestWhatIsTakenBackIsNotFound(t *testing.T) {
	var tags []gto.Tag
	for i, name := range []string{"m@v1.0.0", "m@v1.1.0", "m@v2.0.0", "m#prod#1", "m@v2.0.0!#5", "m#dev#2", "m#dev!#3", "m#prod#4", "other@v9.0.0"} {
		tag, is := gto.Parse(name)
		if !is {
			t.Fatal(name)
		}
		tag.Commit, tag.At = fmt.Sprint(i), time.Unix(int64(i), 0)
		tags = append(tags, tag)
	}
	for _, c := range []struct{ version, stage, commit string }{{"", "", "1"}, {"v1.0.0", "", "0"}, {"v2.0.0", "", ""}, {"", "prod", "7"}, {"", "dev", ""}, {"v9.0.0", "", ""}} {
		got, err := gto.Find(tags, "m", c.version, c.stage)
		if got.Commit != c.commit || (c.commit == "") != errs.Is(err, errs.NotFound) {
			t.Errorf("%+v: %+v, %v", c, got, err)
		}
	}
	if _, err := gto.Find(tags, "m", "v1.0.0", "prod"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
