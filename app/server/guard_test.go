package server_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"rondo/app/server"
	"rondo/backend/api"
	"rondo/backend/door/inference"
	"rondo/backend/door/mlflow"
	"rondo/backend/door/prometheus"
)

type route struct{ method, path string }

func controlRoutes() (all []route) {
	for _, r := range new(api.API).Handler().Routes {
		all = append(all, route{r.Method, api.Prefix + r.Path})
	}
	for _, r := range mlflow.New(mlflow.Options{}).Routes() {
		method, path, _ := strings.Cut(r, " ")
		all = append(all, route{method, path})
	}
	for _, path := range []string{"/", "/index.html", "/assets/app-1.js", "/models/weather", "/api/nothing", "/launch", "/launch?code=x", "/favicon.ico"} {
		all = append(all, route{"GET", path})
	}
	return all
}

func servingRoutes() (all []route) {
	for _, r := range inference.New(inference.Options{}).Routes() {
		all = append(all, route{r.Method, r.Path})
	}
	for _, r := range prometheus.New().Routes() {
		all = append(all, route{r.Method, r.Path})
	}
	return append(all, route{"GET", "/"}, route{"GET", "/nothing"})
}

var pathValue = regexp.MustCompile(`\{[^}]*\}`)

// TestNoRouteIsOutsideTheGuard walks every route of both listeners. A request with
// the right token and a fault passes none of them; what it would do is never begun.
func TestNoRouteIsOutsideTheGuard(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	info := s.Info()
	token := "Authorization: Bearer " + info.Token
	for _, l := range []struct {
		base   string
		routes []route
	}{{info.URL, controlRoutes()}, {info.ServingURL, servingRoutes()}} {
		if len(l.routes) < 5 {
			t.Fatalf("only %d routes at %s: the walk has lost its way", len(l.routes), l.base)
		}
		u, _ := url.Parse(l.base)
		for _, r := range l.routes {
			address := l.base + pathValue.ReplaceAllString(r.path, "x")
			for _, c := range []struct {
				what    string
				want    int
				headers []string
			}{
				{"no token", 401, nil},
				{"a wrong token", 401, []string{"Authorization: Bearer " + strings.Repeat("A", len(info.Token))}},
				{"a shorter token", 401, []string{"Authorization: Bearer " + info.Token[:10]}},
				{"a wrong password", 401, []string{"Authorization: Basic cm9uZG86d3Jvbmc="}},
				{"an empty password", 401, []string{"Authorization: Basic cm9uZG86"}},
				{"an empty token", 401, []string{"Authorization: Bearer "}},
				{"an invented cookie", 401, []string{"Cookie: rondo-" + s.Project8() + "=1790000000.AAAA"}},
				{"a foreign host", 403, []string{token, "Host: evil.example:" + u.Port()}},
				{"another port", 403, []string{token, "Host: 127.0.0.1:1"}},
				{"a foreign origin", 403, []string{token, "Origin: https://evil.example"}},
				{"no origin at all", 403, []string{token, "Origin: null"}},
				{"another port's page", 403, []string{token, "Origin: http://127.0.0.1:1"}},
				{"a foreign page's fetch", 403, []string{token, "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"}},
			} {
				res, body := ask(t, r.method, address, "", c.headers...)
				if res.StatusCode != c.want {
					t.Errorf("%s %s with %s: %d, want %d: %.200s", r.method, r.path, c.what, res.StatusCode, c.want, body)
				}
				if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Content-Security-Policy") == "" {
					t.Errorf("%s %s with %s lacks the headers that keep pages apart", r.method, r.path, c.what)
				}
				if res.Header.Get("Access-Control-Allow-Origin") != "" {
					t.Errorf("%s %s lets other pages read", r.method, r.path)
				}
			}
		}
	}
}

func TestTheServingTokenOpensPredictionsOnly(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	token := "Authorization: Bearer " + s.Info().ServingToken
	if res, _ := ask(t, "GET", s.Info().ServingURL+"/v2", "", token); res.StatusCode != 200 {
		t.Errorf("predictions refuse it: %d", res.StatusCode)
	}
	if res, _ := ask(t, "GET", s.Info().URL+"/api/v1/project", "", token); res.StatusCode != 401 {
		t.Errorf("the control listener takes it: %d", res.StatusCode)
	}
}

func TestTheTokenComesInAsBearerOrAsAPassword(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	u, _ := url.Parse(s.Info().URL)
	for _, user := range []*url.Userinfo{url.UserPassword("anybody", s.Info().Token), url.UserPassword("", s.Info().Token)} {
		v := *u
		v.User, v.Path = user, "/api/v1/project"
		if res, body := ask(t, "GET", v.String(), ""); res.StatusCode != 200 {
			t.Errorf("%s: %d %s", user.Username(), res.StatusCode, body)
		}
	}
	if res, _ := ask(t, "GET", s.Info().URL+"/api/v1/project", "", "Authorization: bearer "+s.Info().Token); res.StatusCode != 200 {
		t.Errorf("bearer in lower case: %d", res.StatusCode)
	}
}

// enter opens a launch link and returns the cookie that it gives.
func enter(t *testing.T, s *server.Server) (cookie string) {
	t.Helper()
	res, _ := ask(t, "GET", s.LaunchURL(), "", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
	if res.StatusCode != 200 || len(res.Cookies()) != 1 {
		t.Fatalf("the launch link gives %d and %d cookies", res.StatusCode, len(res.Cookies()))
	}
	c := res.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" {
		t.Errorf("the cookie is too free: %s", c)
	}
	return "Cookie: " + c.Name + "=" + c.Value
}

func TestALaunchLinkWorksOnce(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	link := s.LaunchURL()
	res, _ := ask(t, "GET", link, "")
	if res.StatusCode != 200 || len(res.Cookies()) != 1 {
		t.Fatalf("first: %d", res.StatusCode)
	}
	if res, body := ask(t, "GET", link, ""); res.StatusCode != 401 || len(res.Cookies()) != 0 || !strings.Contains(body, "rondo open") {
		t.Errorf("second: %d, want 401 and the way out: %s", res.StatusCode, body)
	}
}

// TestAnOpenerIsPartedFrom: a page that opened ours may not hold on to it. Where a
// person or our own page goes there is no opener to part from.
func TestAnOpenerIsPartedFrom(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	for site, want := range map[string]string{"": "same-origin", "cross-site": "same-origin", "same-site": "same-origin", "none": "", "same-origin": ""} {
		var headers []string
		if site != "" {
			headers = []string{"Sec-Fetch-Site: " + site, "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"}
		}
		for _, path := range []string{"/", "/launch?code=x"} {
			if res, _ := ask(t, "GET", s.Info().URL+path, "", headers...); res.Header.Get("Cross-Origin-Opener-Policy") != want {
				t.Errorf("%s from %q: opener policy %q, want %q", path, site, res.Header.Get("Cross-Origin-Opener-Policy"), want)
			}
		}
	}
}

func TestACookieSpeaksForOurOwnPageOnly(t *testing.T) {
	home, dir := t.TempDir(), weather(t)
	s := serve(t, options(t, dir, home))
	cookie, base := enter(t, s), s.Info().URL
	own := "Origin: " + base
	for _, c := range []struct {
		what, method, path string
		want               int
		headers            []string
	}{
		{"a page", "GET", "/", 200, nil},
		{"a read", "GET", "/api/v1/project", 200, []string{"Sec-Fetch-Site: same-origin"}},
		{"a change by our page", "PATCH", "/api/v1/settings", 200, []string{own, "Sec-Fetch-Site: same-origin"}},
		{"a change that hides where it comes from", "PATCH", "/api/v1/settings", 401, nil},
		{"a change by a page of another port", "PATCH", "/api/v1/settings", 403, []string{own, "Sec-Fetch-Site: same-site"}},
		{"a read by a foreign page", "GET", "/api/v1/project", 403, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors"}},
		{"a foreign frame", "GET", "/", 403, []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"}},
	} {
		res, body := ask(t, c.method, base+c.path, `{"theme":"dark"}`, append(c.headers, cookie)...)
		if res.StatusCode != c.want {
			t.Errorf("%s: %d, want %d: %.200s", c.what, res.StatusCode, c.want, body)
		}
	}
}

func TestBodiesHaveALimit(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	token := "Authorization: Bearer " + s.Info().Token
	for _, base := range []string{
		s.Info().URL + "/api/v1/datasets", s.Info().URL + "/api/2.0/mlflow/runs/create", s.Info().ServingURL + "/v2/models/weather/infer",
		s.Info().URL + "/api/v1/nothing", s.Info().ServingURL + "/nothing", // where nobody but the guard looks
	} {
		req, _ := http.NewRequest("POST", base, endless{})
		req.ContentLength = 10 << 30
		req.Header.Set("Authorization", strings.TrimPrefix(token, "Authorization: "))
		req.Header.Set("Content-Type", "application/json")
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatalf("%s: %v", base, err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: 10 GB get %d, want 413", base, res.StatusCode)
		}
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

func TestTrustIsForExactlyWhatWasLookedAt(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	token := "Authorization: Bearer " + s.Info().Token
	res, body := ask(t, "POST", s.Info().URL+"/api/v1/trust", `{"digest":"`+strings.Repeat("0", 63)+`1"}`, token, "Content-Type: application/json")
	if res.StatusCode != http.StatusConflict {
		t.Errorf("another digest: %d %s", res.StatusCode, body)
	}
	if _, body := ask(t, "GET", s.Info().URL+"/api/v1/trust", "", token); !strings.Contains(body, `"needed":true`) {
		t.Errorf("it was granted all the same: %s", body)
	}
}
