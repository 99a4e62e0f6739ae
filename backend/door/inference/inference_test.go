package inference_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"rondo/backend/door/inference"
	"rondo/backend/serve"
	"rondo/backend/serve/servetest"
)

func open(t testing.TB) (*servetest.House, *httptest.Server) {
	t.Helper()
	h := servetest.Open(t, t.TempDir())
	s := httptest.NewServer(inference.New(inference.Options{Serve: h.Service, Version: "test"}))
	t.Cleanup(s.Close)
	return h, s
}

func python(t *testing.T, script, address string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), servetest.Python(t), "testdata/"+script, address).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

func TestTritonsClient(t *testing.T) {
	h, s := open(t)
	servetest.Weather(t, h)
	python(t, "triton.py", strings.TrimPrefix(s.URL, "http://"))
}

func TestMLflowsScoring(t *testing.T) {
	h, s := open(t)
	servetest.Weather(t, h)
	python(t, "scoring.py", s.URL)
}

type failure struct{ Error string }

func post(t *testing.T, address, body string, header ...string) (int, http.Header, []byte) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, b
}

// columns is a whole request in which one input may be another.
func columns(change map[string]string) string {
	parts := []string{}
	for _, name := range []string{"temp_max", "temp_min", "wind", "day"} {
		kind, data := "FP64", "[5.5]"
		if name == "day" {
			kind, data = "INT64", "[40]"
		}
		in := fmt.Sprintf(`{"name":%q,"shape":[1],"datatype":%q,"data":%s}`, name, kind, data)
		if other, ok := change[name]; ok {
			in = other
		}
		if in != "" {
			parts = append(parts, in)
		}
	}
	return `{"inputs":[` + strings.Join(parts, ",") + `]}`
}

func TestRefusalsNameTheColumnAndTheReason(t *testing.T) {
	h, s := open(t)
	servetest.Weather(t, h)
	for _, c := range []struct {
		body, path string
		status     int
		words      []string
	}{
		{columns(nil), "weather", 200, nil},
		{columns(map[string]string{"wind": ""}), "weather", 400, []string{`column "wind" is missing`, "temp_max (double)"}},
		{columns(map[string]string{"wind": `{"name":"sun","shape":[1],"datatype":"FP64","data":[1]}`}), "weather", 400, []string{`no column "sun"`}},
		{columns(map[string]string{"wind": `{"name":"wind","shape":[1],"datatype":"BYTES","data":["strong"]}`}), "weather", 400, []string{`column "wind" takes double, not string`}},
		{columns(map[string]string{"day": `{"name":"day","shape":[1],"datatype":"FP64","data":[1.5]}`}), "weather", 400, []string{`column "day" takes long, not double`}},
		{columns(map[string]string{"day": `{"name":"day","shape":[2],"datatype":"INT64","data":[1,2]}`}), "weather", 400, []string{`column "day" has 2 rows`}},
		{columns(map[string]string{"day": `{"name":"day","shape":[1],"datatype":"INT64","data":[1,2]}`}), "weather", 400, []string{`"day"`, "more values"}},
		{columns(map[string]string{"day": `{"name":"day","shape":[3],"datatype":"INT64","data":[1,2]}`}), "weather", 400, []string{`"day"`, "holds"}},
		{columns(map[string]string{"day": `{"name":"day","shape":[1],"datatype":"INT8","data":[400]}`}), "weather", 400, []string{`"day"`, "INT8"}},
		{columns(map[string]string{"day": `{"name":"day","shape":[1],"datatype":"INT128","data":[4]}`}), "weather", 400, []string{"INT128"}},
		{columns(map[string]string{"day": `{"name":"day","shape":[99999999,99999999],"datatype":"INT64","data":[4]}`}), "weather", 400, []string{`"day"`}},
		{columns(map[string]string{"wind": `{"name":"wind","shape":[1],"datatype":"INT32","data":[5]}`}), "weather", 200, nil},
		{columns(map[string]string{"wind": `{"name":"wind","shape":[1,1],"datatype":"FP32","data":[[5]]}`}), "weather", 200, nil},
		{columns(map[string]string{"wind": `{"data":[null],"datatype":"FP64","shape":[1],"name":"wind"}`}), "weather", 200, nil},
		{strings.Repeat("[", 1000), "weather", 400, nil},
		{`{"inputs":` + strings.Repeat("[", 1000), "weather", 400, nil},
		{`{"inputs":[{"name":"a","x":` + strings.Repeat("[", 1000), "weather", 400, []string{"nested deeper"}},
		{`{"inputs":[]}`, "weather", 400, []string{"no inputs"}},
		{``, "weather", 400, nil},
		{columns(nil) + "x", "weather", 400, nil},
		{columns(nil), "weather/versions/1", 200, nil},
		{columns(nil), "weather/versions/2", 404, []string{"serves version 1, not version 2"}},
		{columns(nil), "weather/versions/x", 404, []string{"no version number"}},
		{columns(nil), "nobody", 404, []string{`no endpoint called "nobody"`}},
	} {
		status, _, b := post(t, s.URL+"/v2/models/"+c.path+"/infer", c.body)
		var f failure
		if err := json.Unmarshal(b, &f); err != nil || status != c.status || c.status != 200 && f.Error == "" {
			t.Errorf("%.200s: %d %s", c.body, status, b)
		}
		for _, w := range c.words {
			if !strings.Contains(f.Error, w) {
				t.Errorf("%.200s: %q does not say %q", c.body, f.Error, w)
			}
		}
	}
}

// TestAllDatatypes sends the day in every datatype that a whole number has, in JSON
// and in binary, and expects the same answer.
func TestAllDatatypes(t *testing.T) {
	h, s := open(t)
	servetest.Weather(t, h)
	widths := map[string]int{"INT8": 1, "UINT8": 1, "INT16": 2, "UINT16": 2, "INT32": 4, "UINT32": 4, "INT64": 8, "UINT64": 8}
	_, _, want := post(t, s.URL+"/v2/models/weather/infer", `{"id":"x",`+columns(nil)[1:])
	for kind, width := range widths {
		in := fmt.Sprintf(`{"name":"day","shape":[1],"datatype":%q,"data":[40]}`, kind)
		if _, _, got := post(t, s.URL+"/v2/models/weather/infer", `{"id":"x",`+columns(map[string]string{"day": in})[1:]); !bytes.Equal(got, want) {
			t.Errorf("%s: %s, not %s", kind, got, want)
		}
		in = fmt.Sprintf(`{"name":"day","shape":[1],"datatype":%q,"parameters":{"binary_data_size":%d}}`, kind, width)
		head := `{"id":"x",` + columns(map[string]string{"day": in})[1:]
		body := append([]byte(head), binary.LittleEndian.AppendUint64(nil, 40)[:width]...)
		if _, _, got := post(t, s.URL+"/v2/models/weather/infer", string(body), "Inference-Header-Content-Length", fmt.Sprint(len(head))); !bytes.Equal(got, want) {
			t.Errorf("%s in binary: %s, not %s", kind, got, want)
		}
	}
	_, _, want = post(t, s.URL+"/v2/models/weather/infer", `{"id":"x",`+columns(nil)[1:])
	for kind, b := range map[string][]byte{
		"FP16": {0x80, 0x45}, "BF16": {0xb0, 0x40}, // 5.5 in both
		"FP32": binary.LittleEndian.AppendUint32(nil, math.Float32bits(5.5)), "FP64": binary.LittleEndian.AppendUint64(nil, math.Float64bits(5.5)),
	} {
		in := fmt.Sprintf(`{"name":"wind","shape":[1],"datatype":%q,"parameters":{"binary_data_size":%d}}`, kind, len(b))
		head := `{"id":"x",` + columns(map[string]string{"wind": in})[1:]
		if _, _, got := post(t, s.URL+"/v2/models/weather/infer", head+string(b), "Inference-Header-Content-Length", fmt.Sprint(len(head))); !bytes.Equal(got, want) {
			t.Errorf("%s in binary: %s, not %s", kind, got, want)
		}
	}
}

func TestAnEndpointWithoutAVersionIsNotReady(t *testing.T) {
	h, s := open(t)
	spec := serve.Spec{Name: "weather", Target: serve.Target{Model: "weather", Alias: "champion"}, Capture: 1}
	if _, err := h.Create(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	status, head, b := post(t, s.URL+"/v2/models/weather/infer", columns(nil))
	if status != 503 || head.Get("Retry-After") == "" || !strings.Contains(string(b), "alias") {
		t.Errorf("%d %v %s", status, head, b)
	}
	res, err := http.Get(s.URL + "/v2/models/weather/ready")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != 503 {
		t.Errorf("ready answers %d", res.StatusCode)
	}
}

// TestAHugeBodyIsRefusedAtOnce promises ten gigabytes and sends none of them.
func TestAHugeBodyIsRefusedAtOnce(t *testing.T) {
	h, s := open(t)
	servetest.Weather(t, h)
	for _, path := range []string{"/v2/models/weather/infer", "/invocations"} {
		c, err := net.Dial("tcp", strings.TrimPrefix(s.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10737418240\r\n\r\n{", path)
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Fatalf("%s: %v %v", path, res, err)
		}
	}
	// The same for one that does not say how long it is, and for a bomb.
	small := httptest.NewServer(inference.New(inference.Options{Serve: h.Service, MaxBody: 1 << 20}))
	defer small.Close()
	res, err := http.Post(small.URL+"/v2/models/weather/infer", "", io.MultiReader(strings.NewReader("{"), io.LimitReader(endless{}, 1<<30)))
	if err == nil && res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("an endless body: %d", res.StatusCode)
	}
	if status, _, b := post(t, small.URL+"/v2/models/weather/infer", bomb(), "Content-Encoding", "gzip"); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a bomb: %d %s", status, b)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}
