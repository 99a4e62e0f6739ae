package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rondo/backend/api"
	"rondo/backend/errs"
	"rondo/backend/event"
)

type echoIn struct {
	Name  string         `path:"name" json:"-"`
	Limit int            `query:"limit" json:"-"`
	At    time.Time      `query:"at" json:"-"`
	Text  string         `json:"text"`
	More  map[string]any `json:"more"`
}

type echoOut struct {
	Name, Text string
	Limit      int
}

func server(t *testing.T) string {
	r := api.NewRouter()
	api.Post(r, "/echo/{name}", func(_ context.Context, in echoIn) (echoOut, error) {
		if in.Text == "missing" {
			return echoOut{}, errs.New(errs.NotFound, "no %q", in.Name).WithHint("make one")
		}
		if in.Text == "fault" {
			return echoOut{}, io.ErrUnexpectedEOF
		}
		return echoOut{Name: in.Name, Text: in.Text, Limit: in.Limit}, nil
	})
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return s.URL + api.Prefix
}

func TestInputIsReadFromPathQueryAndBody(t *testing.T) {
	url := server(t)
	for _, c := range []struct{ path, body, want string }{
		{"/echo/ann?limit=3", `{"text":"hi"}`, `{"Name":"ann","Text":"hi","Limit":3}`},
		{"/echo/ann", ``, `{"Name":"ann","Text":"","Limit":0}`},
		{"/echo/ann?limit=x", `{}`, `limit=\"x\": want a whole number`},
		{"/echo/ann?at=yesterday", `{}`, `want a time such as`},
		{"/echo/ann", `{"text":3}`, `field \"text\" wants string, not number`},
		{"/echo/ann", "{\n\"text\":", `ends in the middle`},
		{"/echo/ann", "{\n\"text\": nope}", `line 2`},
		{"/echo/ann", `{"tekst":"x"}`, `unknown field \"tekst\"`},
		{"/echo/ann", `{} {}`, `more than one JSON value`},
		{"/echo/ann", `{"more":{"a":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}}`, `nested deeper`},
		{"/echo/ann", `{"text":"missing"}`, `{"error":{"kind":"not_found","message":"no \"ann\"","hint":"make one"}}`},
		{"/echo/ann", `{"text":"fault"}`, `"kind":"internal","message":"something went wrong inside Rondo`},
	} {
		res, err := http.Post(url+c.path, "application/json", strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if !strings.Contains(string(b), c.want) {
			t.Errorf("%s %s: %s\nwant %s", c.path, c.body, b, c.want)
		}
		if bad := strings.Contains(c.want, "want") || strings.Contains(c.want, "wants"); bad && res.StatusCode != 400 {
			t.Errorf("%s %s: status %d, want 400", c.path, c.body, res.StatusCode)
		}
	}
}

func TestEventsResumeWhereTheReaderWas(t *testing.T) {
	bus := event.NewBus()
	a := &api.API{Events: bus}
	s := httptest.NewServer(a.Handler())
	defer s.Close()
	for _, id := range []string{"a", "b", "c"} {
		bus.Publish("note.write", id, nil)
	}
	req, _ := http.NewRequest("GET", s.URL+api.Prefix+"/events", nil)
	req.Header.Set("Last-Event-ID", "1")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	res, err := http.DefaultClient.Do(req.WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got []string
	lines := bufio.NewScanner(res.Body)
	for len(got) < 3 && lines.Scan() {
		if data, ok := strings.CutPrefix(lines.Text(), "data: {\"seq\""); ok {
			var e event.Event
			if err := json.Unmarshal([]byte(`{"seq"`+data), &e); err != nil {
				t.Fatal(err)
			}
			got = append(got, e.ID)
			if len(got) == 2 {
				bus.Publish("note.write", "d", nil)
			}
		}
	}
	if strings.Join(got, "") != "bcd" {
		t.Fatalf("got %v, want b, c and then the live d", got)
	}
}

// TestEveryFailureTellsTheWayOut, of an operation and of a handler of streams.
func TestEveryFailureTellsTheWayOut(t *testing.T) {
	r := api.NewRouter()
	r.Explain = func(err error) error { return errs.New(errs.KindOf(err), "%w", err).WithHint("so much is free") }
	full := errs.New(errs.Unavailable, "the disk is full")
	api.Get(r, "/call", func(context.Context, api.Nothing) (api.Nothing, error) { return api.Nothing{}, full })
	api.Raw(r, http.MethodGet, "/stream", func(http.ResponseWriter, *http.Request) error { return full }, "")
	for _, route := range r.Routes {
		w := httptest.NewRecorder()
		r.ServeHTTP(w, httptest.NewRequest(route.Method, api.Prefix+route.Path, http.NoBody))
		if w.Code != http.StatusServiceUnavailable || !strings.Contains(w.Body.String(), `"hint":"so much is free"`) {
			t.Errorf("%s: %d %s", route.Path, w.Code, w.Body)
		}
	}
}
