package openapi_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"rondo/backend/api"
	"rondo/backend/api/openapi"
	"rondo/backend/run"
)

type inner struct {
	Kept  string `json:"kept"`
	Outer string `json:"outer"`
}

type Thing struct {
	inner
	Outer  int               `json:"outer"` // hides inner's
	At     time.Time         `json:"at,omitzero"`
	Score  run.Float         `json:"score"`
	Maybe  *float64          `json:"maybe"`
	Parts  []Thing           `json:"parts"`
	Names  map[string]string `json:"names"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
	Hidden string            `json:"-"`
}

type ask struct {
	Name  string   `path:"name" json:"-"`
	Limit int      `query:"limit" json:"-"`
	Keys  []string `query:"keys" json:"-"`
	Note  string   `json:"note"`
}

func routes() []api.Route {
	r := api.NewRouter()
	api.Post(r, "/things/{name}", func(context.Context, ask) (Thing, error) { return Thing{}, nil })
	api.Delete(r, "/things/{name}", func(context.Context, struct {
		Name string `path:"name" json:"-"`
	},
	) (api.Nothing, error) {
		return api.Nothing{}, nil
	})
	api.Raw(r, "GET", "/things/{name}/file", func(http.ResponseWriter, *http.Request) error { return nil }, "the bytes")
	return r.Routes
}

func TestTypesSayWhatTheHandlersWrite(t *testing.T) {
	ts := string(openapi.TypeScript(routes()))
	for _, want := range []string{
		"export interface Openapi_testThing {\n\tkept: string;\n\touter: number;\n\tat?: string;\n\tscore: number | \"NaN\" | \"Infinity\" | \"-Infinity\";",
		"\tmaybe: number | null;\n\tparts: Openapi_testThing[];\n\tnames: Record<string, string>;\n\traw?: unknown;\n}",
		"\"POST /things/{name}\": {\n\t\tpath: { name: string };\n\t\tquery: { limit?: number; keys?: string | string[] };\n\t\tbody: Partial<Openapi_testAsk>;\n\t\tout: Openapi_testThing;",
		"\"DELETE /things/{name}\": {\n\t\tpath: { name: string };\n\t\tquery: Record<string, never>;\n\t\tbody: undefined;\n\t\tout: Record<string, never>;",
	} {
		if !strings.Contains(ts, want) {
			t.Errorf("the types lack\n%s\nin\n%s", want, ts)
		}
	}
	if strings.Contains(ts, "/file") {
		t.Error("a raw route has no JSON types")
	}
}

func TestFieldsOfRawJSONSayWhatTheyHold(t *testing.T) {
	ts := string(openapi.TypeScript(new(api.API).Handler().Routes))
	for _, want := range []string{"\texit?: ProcExit;", "\tsignature?: RuntimeSignature;", "\tmin?: number | string;", "\tmax?: number | string;"} {
		if !strings.Contains(ts, want) {
			t.Errorf("the types of the API lack %q", want)
		}
	}
}

func TestTheDocumentNamesEveryRouteAndResolves(t *testing.T) {
	list := routes()
	list = append(list, new(api.API).Handler().Routes...)
	b, err := openapi.Document(list)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths      map[string]map[string]struct{ OperationID string }
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal(b, &doc); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, r := range list {
		op, ok := doc.Paths[api.Prefix+r.Path][strings.ToLower(r.Method)]
		if !ok {
			t.Errorf("%s %s is not in the document", r.Method, r.Path)
		}
		if slices.Contains(ids, op.OperationID) {
			t.Errorf("two operations are called %s", op.OperationID)
		}
		ids = append(ids, op.OperationID)
	}
	for _, part := range strings.Split(string(b), `"$ref": "#/components/schemas/`)[1:] {
		if n, _, _ := strings.Cut(part, `"`); doc.Components.Schemas[n] == nil {
			t.Errorf("%s is used and not described", n)
		}
	}
}
