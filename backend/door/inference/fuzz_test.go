package inference_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"rondo/backend/door/inference"
	"rondo/backend/serve/servetest"
)

// FuzzInfer sends whatever comes to mind to both protocols. Nothing may panic or be
// called a failure of the server, and every answer is JSON.
func FuzzInfer(f *testing.F) {
	h, err := servetest.Start(context.Background(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(h.Shut)
	servetest.Weather(f, h)
	door := inference.New(inference.Options{Serve: h.Service, MaxBody: 1 << 20})
	f.Add([]byte(columns(nil)), 0)
	head := columns(map[string]string{"wind": `{"name":"wind","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":4}}`})
	f.Add([]byte(head+"\x00\x00\x80\x3f"), len(head))
	f.Add([]byte(`{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP64","data":[[1,2,3,4]]}],"outputs":[{"name":"prediction","parameters":{"binary_data":true}}]}`), 0)
	f.Add([]byte(`{"id":"\u00fc","parameters":{"attributes":{"a":[1,null],"b":{"c":[]}},"binary_data_output":true},"inputs":[]}`), 0)
	f.Add([]byte(`{"dataframe_split":{"columns":["temp_max","temp_min","wind","day"],"data":[[1,2,3,4]]}}`), -1)
	f.Add([]byte(`{"dataframe_records":[{"temp_max":1}],"params":{}}`), -1)
	f.Add([]byte(`{"instances":[[1,2,3,4]]}`), -1)
	f.Add([]byte(`{"inputs":{"temp_max":[1],"wind":[[1]]}}`), -1)
	f.Add([]byte("temp_max,temp_min,wind,day\n1,2,3,4\n"), -2)
	f.Fuzz(func(t *testing.T, body []byte, how int) {
		req := httptest.NewRequest(http.MethodPost, "/v2/models/weather/infer", bytes.NewReader(body))
		switch {
		case how == -2:
			req = httptest.NewRequest(http.MethodPost, "/invocations", bytes.NewReader(body))
			req.Header.Set("Content-Type", "text/csv")
		case how < 0:
			req = httptest.NewRequest(http.MethodPost, "/invocations", bytes.NewReader(body))
			req.Header.Set("Content-Type", "application/json")
		case how > 0:
			req.Header.Set("Inference-Header-Content-Length", json.Number(jsonInt(how)).String())
		}
		w := httptest.NewRecorder()
		door.ServeHTTP(w, req)
		if w.Code >= 500 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		text := w.Body.Bytes()
		if n := w.Header().Get("Inference-Header-Content-Length"); n != "" {
			var size int
			if json.Unmarshal([]byte(n), &size) != nil || size > len(text) {
				t.Fatalf("a head of %s of %d bytes", n, len(text))
			}
			text = text[:size]
		}
		if !json.Valid(text) {
			t.Fatalf("%d: %q is no JSON", w.Code, text)
		}
	})
}

func jsonInt(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}
