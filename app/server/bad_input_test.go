package server_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"rondo/app/server"
	"rondo/backend/api"
	"rondo/backend/errs"
)

// TestUnknownNamesAreNotFound asks every route that names something for something that
// is not there. All say so, with the way out, and nothing comes into being.
func TestUnknownNamesAreNotFound(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	token := "Authorization: Bearer " + s.Info().Token
	open := map[string]string{"/runs/{id}/artifacts/file": "?path=x"}
	bodies := map[string]string{
		"POST /models/{name}/aliases/{alias}/rollback": `{"version":3}`,
		"PUT /models/{name}/aliases/{alias}":           `{"version":3}`,
		"POST /endpoints/{name}/predict":               `{"rows":[{"a":1}]}`,
		"POST /endpoints/{name}/truth":                 `{"rows":[{"id":"x","label":1}]}`,
		"POST /endpoints/{name}/deploy":                `{"version":3}`,
		"POST /datasets/{name}/checkout":               `{"number":1}`,
		"POST /datasets/{name}/verify":                 `{"number":1}`,
		"POST /datasets/{name}/tags":                   `{"tag":"golden","number":1}`,
		"PATCH /experiments/{id}":                      `{"name":"x"}`,
	}
	_, before := ask(t, "GET", s.Info().URL+api.Prefix+"/dump", "", token)
	walked := 0
	for _, r := range new(api.API).Handler().Routes {
		if !strings.Contains(r.Path, "{") {
			continue
		}
		walked++
		path := strings.NewReplacer("{number}", "9", "{version}", "9", "{from}", "1", "{to}", "2").Replace(r.Path)
		body := bodies[r.Method+" "+r.Path]
		res, text := ask(t, r.Method, s.Info().URL+api.Prefix+pathValue.ReplaceAllString(path, "nobody")+open[r.Path], body, token, "Content-Type: application/json")
		var f struct{ Error api.Failure }
		if err := json.Unmarshal([]byte(text), &f); err != nil || res.StatusCode != 404 || f.Error.Kind != errs.NotFound.String() || f.Error.Hint == "" {
			t.Errorf("%s %s: %d %.300s", r.Method, r.Path, res.StatusCode, text)
		}
	}
	if _, after := ask(t, "GET", s.Info().URL+api.Prefix+"/dump", "", token); after != before || walked < 40 {
		t.Errorf("after %d routes the state is another one:\n%s\nbefore:\n%s", walked, after, before)
	}
}

func TestAFolderFromANewerRondoIsLeftAlone(t *testing.T) {
	dir, home := weather(t), t.TempDir()
	format := filepath.Join(dir, ".rondo", "format")
	b, err := os.ReadFile(format)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(format, []byte(strings.Replace(string(b[:bytes.Index(b, []byte("check"))]), "rondo 1", "rondo 7", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	before, _ := filepath.Glob(filepath.Join(dir, ".rondo", "*"))
	_, err = server.Open(t.Context(), options(t, dir, home))
	if !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "format 7") || !strings.Contains(err.Error()+errs.HintOf(err), "get a newer Rondo") {
		t.Errorf("opened with %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".rondo", "*")); len(left) != len(before) {
		t.Errorf("it wrote into the folder: %v", left)
	}
}
