package server_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/app/server"
	"rondo/backend/errs"
)

func TestASecondServerIsRefusedAndToldOfTheFirst(t *testing.T) {
	dir, home := weather(t), t.TempDir()
	first := serve(t, options(t, dir, home))
	_, err := server.Open(t.Context(), options(t, dir, home))
	if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), first.Info().URL) {
		t.Errorf("got %v, want a Conflict that names %s", err, first.Info().URL)
	}
	if res, _ := ask(t, "GET", first.Info().URL+"/api/v1/project", "", "Authorization: Bearer "+first.Info().Token); res.StatusCode != 200 {
		t.Errorf("the first one suffers: %d", res.StatusCode)
	}
}

func TestATakenPortIsToldAndAnotherOneUsed(t *testing.T) {
	for told := false; !told; {
		taken, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", server.Port))
		if err == nil {
			defer taken.Close()
		} // else somebody else has it, which is as good, unless they let it go before the server asks
		opts := options(t, weather(t), t.TempDir())
		opts.Port = 0
		s := serve(t, opts)
		told = len(s.Notices()) == 1 && strings.Contains(s.Notices()[0], "port 7717 is taken") && !strings.HasSuffix(s.Info().URL, ":7717")
		if !told && err == nil {
			t.Fatalf("notices %v, at %s", s.Notices(), s.Info().URL)
		}
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	opts := options(t, weather(t), t.TempDir())
	opts.Port = taken.Addr().(*net.TCPAddr).Port
	if other, err := server.Open(t.Context(), opts); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a port that was asked for: %t %v", other != nil, err)
	}
}

// events reads the event stream and hands on the kinds of what happens.
func events(t *testing.T, s *server.Server) <-chan string {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), "GET", s.Info().URL+"/api/v1/events", nil)
	req.Header.Set("Authorization", "Bearer "+s.Info().Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil || res.StatusCode != 200 {
		t.Fatalf("%v %v", res, err)
	}
	lines, out := bufio.NewScanner(res.Body), make(chan string, 64)
	go func() {
		defer close(out)
		defer res.Body.Close()
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "data: ") {
				out <- lines.Text()
			}
		}
	}()
	if first := <-out; first != "data: {}" {
		t.Fatalf("the stream begins with %q", first)
	}
	return out
}

func TestTheProjectFileIsWatched(t *testing.T) {
	dir := weather(t)
	s := serve(t, options(t, dir, t.TempDir()))
	stream, token := events(t, s), "Authorization: Bearer "+s.Info().Token
	path := filepath.Join(dir, "rondo.yaml")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{string(good) + "monitor:\n  x: 1\n", `"problem":{"kind":"invalid","message":"rondo.yaml:`},
		{strings.Replace(string(good), "name: weather", "name: storms", 1), `"problem":null`},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		waitFor(t, stream, `"project.file"`)
		_, body := ask(t, "GET", s.Info().URL+"/api/v1/project", "", token)
		if !strings.Contains(body, c.want) {
			t.Errorf("after writing\n%.80s…\n%s lacks %s", c.text, body, c.want)
		}
	}
	if _, body := ask(t, "GET", s.Info().URL+"/api/v1/project", "", token); !strings.Contains(body, `"name":"storms"`) {
		t.Errorf("the new name is not taken: %s", body)
	}
}

// TestWhatTheProjectFileDeclaresIsThereAtOnce asks right after each change, as a script
// does, first for the stages and then for what the nouns live by.
func TestWhatTheProjectFileDeclaresIsThereAtOnce(t *testing.T) {
	dir := weather(t)
	s := serve(t, options(t, dir, t.TempDir()))
	token := "Authorization: Bearer " + s.Info().Token
	path := filepath.Join(dir, "rondo.yaml")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rain", "snow"} {
		text := strings.Replace(string(good), "endpoints:\n", "endpoints:\n  "+name+": {model: weather, alias: champion}\n", 1)
		text = strings.Replace(text, "datasets:\n", "datasets:\n  "+name+": {path: "+name+".csv}\n", 1)
		text = strings.Replace(text, "monitors:\n", "monitors:\n  "+name+": {endpoint: "+name+", window: {rows: 50}}\n", 1)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, at := range []string{"/pipeline", "/endpoints", "/datasets", "/monitors"} {
			res, body := ask(t, "GET", s.Info().URL+"/api/v1"+at, "", token)
			if res.StatusCode != http.StatusOK || at != "/pipeline" && !strings.Contains(body, `"`+name+`"`) {
				t.Errorf("%s says %s: %s", at, res.Status, body)
			}
		}
	}
}

// TestWhatCannotBeTakenKeepsNobodyOut gives the path of a dataset another name, which the
// records refuse, while the server runs and before one starts. Either way out ends it.
func TestWhatCannotBeTakenKeepsNobodyOut(t *testing.T) {
	dir, home := weather(t), t.TempDir()
	path := filepath.Join(dir, "rondo.yaml")
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(strings.Replace(string(good), "datasets:\n  weather:", "datasets:\n  storms:", 1), "dataset: weather", "dataset: storms", 1)
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, start := range []string{string(good), other} {
		write(start)
		t.Run("", func(t *testing.T) {
			s := serve(t, options(t, dir, home))
			token := "Authorization: Bearer " + s.Info().Token
			says := func(want string) {
				t.Helper()
				for _, at := range []string{"/project", "/project/file"} {
					if _, body := ask(t, "GET", s.Info().URL+"/api/v1"+at, "", token); !strings.Contains(body, want) {
						t.Errorf("%s lacks %s: %s", at, want, body)
					}
				}
			}
			write(other)
			says(`"problem":{"kind":"conflict","message":"rondo.yaml cannot be used as it is: dataset storms: data/weather.csv is the dataset weather already"`)
			if res, body := ask(t, "GET", s.Info().URL+"/api/v1/endpoints", "", token); !strings.Contains(body, `"name":"weather"`) {
				t.Errorf("endpoints: %s: %s", res.Status, body)
			}
			if start == other {
				ask(t, "DELETE", s.Info().URL+"/api/v1/datasets/weather", "", token)
			} else {
				write(string(good))
			}
			says(`"problem":null`)
		})
	}
}

func TestTheProjectFileIsReplacedByWhatCanBeUsedAndOverNobodysChange(t *testing.T) {
	dir := weather(t)
	s := serve(t, options(t, dir, t.TempDir()))
	path := filepath.Join(dir, "rondo.yaml")
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	storms := strings.Replace(string(before), "name: weather", "name: storms", 1)
	put := func(text, was string) (int, string) {
		body, _ := json.Marshal(map[string]string{"text": text, "was": was})
		res, answer := ask(t, "PUT", s.Info().URL+"/api/v1/project/file", string(body), "Authorization: Bearer "+s.Info().Token)
		return res.StatusCode, answer
	}
	for _, c := range []struct {
		text, was string
		code      int
		says      string
	}{
		{string(before) + "stagse: {}\n", string(before), 400, `did you mean \"stages\"?`},
		{storms, string(before) + "# older\n", 409, "was changed meanwhile"},
		{"", string(before), 400, "holds nothing"},
	} {
		if code, answer := put(c.text, c.was); code != c.code || !strings.Contains(answer, c.says) {
			t.Errorf("got %d %s, want %d and %q", code, answer, c.code, c.says)
		}
		if now, _ := os.ReadFile(path); string(now) != string(before) {
			t.Errorf("what was refused was written: %.200s", now)
		}
	}
	if code, answer := put(storms, string(before)); code != 200 || !strings.Contains(answer, "name: storms") {
		t.Errorf("got %d %s", code, answer)
	}
	if _, body := ask(t, "GET", s.Info().URL+"/api/v1/project", "", "Authorization: Bearer "+s.Info().Token); !strings.Contains(body, `"name":"storms"`) {
		t.Errorf("the new name is not taken: %s", body)
	}
	if err := errors.Join(os.Remove(path), os.Symlink(filepath.Join(t.TempDir(), "elsewhere.yaml"), path)); err != nil {
		t.Fatal(err)
	}
	if code, answer := put(storms, ""); code != 412 || !strings.Contains(answer, "a link to another file") {
		t.Errorf("through a link: %d %s", code, answer)
	}
}

func waitFor(t *testing.T, stream <-chan string, what string) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		select {
		case line, ok := <-stream:
			if !ok {
				t.Fatalf("the stream ended before %s", what)
			}
			if strings.Contains(line, what) {
				return
			}
		case <-limit:
			t.Fatalf("no %s", what)
		}
	}
}

func TestStreamsEndWithTheServer(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	stream := events(t, s)
	began := time.Now()
	if res, body := ask(t, "POST", s.Info().URL+"/api/v1/stop", "", "Authorization: Bearer "+s.Info().Token); res.StatusCode != 200 {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	for range stream {
	}
	if took := time.Since(began); took > 9*time.Second {
		t.Errorf("an open stream held the server for %v", took)
	}
}

func TestSlowHeadersAreNotWaitedFor(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	c, err := net.Dial("tcp", strings.TrimPrefix(s.Info().URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: ")
	c.SetReadDeadline(time.Now().Add(15 * time.Second))
	if n, err := c.Read(make([]byte, 1)); n > 0 || err == nil {
		t.Error("half a header was answered")
	} else if ne, ok := err.(net.Error); ok && ne.Timeout() {
		t.Error("half a header is waited for without end")
	}
}

func TestTheHomePageSaysWhatIsThere(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	_, body := ask(t, "GET", s.Info().URL+"/api/v1/loop", "", "Authorization: Bearer "+s.Info().Token)
	at := 0
	for _, stage := range []string{"data", "train", "register", "evaluate", "serve", "monitor", "decide"} {
		i := strings.Index(body, `"name":"`+stage+`"`)
		if i < at {
			t.Errorf("%s is missing or out of order in %s", stage, body)
		}
		at = i
	}
	if !strings.Contains(body, `"kind":"trust"`) {
		t.Errorf("nobody is asked for trust: %s", body)
	}
}

func TestPagesAndFiles(t *testing.T) {
	s := serve(t, options(t, weather(t), t.TempDir()))
	cookie := enter(t, s)
	for path, want := range map[string]struct {
		status int
		cache  string
	}{
		"/": {200, "no-cache"}, "/models/weather": {200, "no-cache"}, "/index.html": {200, "no-cache"},
		"/assets/app-1.js": {200, "private, max-age=31536000, immutable"}, "/assets/gone.js": {404, ""}, "/.gitkeep": {404, ""},
		"/api/v1/nothing": {404, "no-store"},
	} {
		res, body := ask(t, "GET", s.Info().URL+path, "", cookie)
		if res.StatusCode != want.status || want.cache != "" && res.Header.Get("Cache-Control") != want.cache {
			t.Errorf("%s: %d %q, want %d %q: %.100s", path, res.StatusCode, res.Header.Get("Cache-Control"), want.status, want.cache, body)
		}
	}
}
