package mlflow

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/mlflow/spanfile"
	"rondo/backend/trace"
)

// maxSpans bounds one request of spans, packed and unpacked. A record of the journal
// holds 16 MiB, and JSON is larger than what comes in.
const maxSpans = 12 << 20

func (d *Door) otlpRoutes() []route {
	r := file(http.MethodPost, "/v1/traces", d.takeSpans)
	r.bare = true
	return []route{r}
}

// takeSpans answers OpenTelemetry's way of sending spans, as protobuf or as JSON.
func (d *Door) takeSpans(w http.ResponseWriter, req *http.Request, _ message) error {
	experiment := req.Header.Get("X-Mlflow-Experiment-Id")
	if experiment == "" {
		return errs.New(errs.Invalid, "the header x-mlflow-experiment-id is missing").WithHint("it says to which experiment the spans belong")
	}
	b, err := spanBody(w, req)
	if err != nil {
		return err
	}
	groups, err := decodeSpans(req, b)
	if err != nil {
		return err
	}
	if len(groups) == 0 {
		return errs.New(errs.Invalid, "Invalid OpenTelemetry format - no spans found")
	}
	in := make([]trace.Group, len(groups))
	for i, g := range groups {
		in[i] = trace.Group{Resource: g.tags(), Spans: g.spans}
	}
	done, err := d.opts.Traces.LogSpans(req.Context(), experiment, in)
	if err != nil {
		return err
	}
	if run := req.Header.Get("X-Mlflow-Run-Id"); run != "" && len(done) > 0 {
		if err := d.opts.Traces.LinkRun(req.Context(), done, run); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.WriteHeader(http.StatusOK)
	return nil
}

// spanGroup is the spans that one program sent, with what it says of itself.
type spanGroup struct {
	resource []trace.Attribute
	spans    []trace.Span
}

// tags are what the program says of itself, without what is reserved.
func (g spanGroup) tags() map[string]string {
	out := map[string]string{}
	for _, a := range g.resource {
		if !strings.HasPrefix(a.Key, "telemetry.sdk.") && !strings.HasPrefix(a.Key, "mlflow.") && a.Key != "" && len(a.Key) <= 250 {
			out[a.Key] = a.Value.Text()
		}
	}
	return out
}

func decodeSpans(req *http.Request, b []byte) ([]spanGroup, error) {
	kind, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	switch kind {
	case "application/x-protobuf":
		return spansFromProto(b)
	case "application/json":
		return spansFromJSON(b)
	}
	return nil, errs.New(errs.Invalid, "Invalid Content-Type: %.80s. Expected: application/x-protobuf or application/json", req.Header.Get("Content-Type"))
}

// spanBody reads and unpacks a body, neither of which may be too large.
func spanBody(w http.ResponseWriter, req *http.Request) ([]byte, error) {
	packed, err := limited(http.MaxBytesReader(w, req.Body, maxSpans+1))
	if err != nil {
		return nil, err
	}
	var unpack func(io.Reader) (io.Reader, error)
	switch strings.ToLower(req.Header.Get("Content-Encoding")) {
	case "", "identity":
		return packed, nil
	case "gzip":
		unpack = func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }
	case "deflate":
		unpack = func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) }
		if len(packed) > 0 && packed[0]&0x0f != 8 {
			unpack = func(r io.Reader) (io.Reader, error) { return flate.NewReader(r), nil }
		}
	default:
		return nil, errs.New(errs.Invalid, "Content-Encoding %.40q is not known", req.Header.Get("Content-Encoding")).WithHint("use gzip, deflate or none")
	}
	r, err := unpack(bytes.NewReader(packed))
	if err != nil {
		return nil, errs.New(errs.Invalid, "the body is not packed as Content-Encoding says")
	}
	return limited(r)
}

func limited(r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSpans+1))
	var big *http.MaxBytesError
	if errors.As(err, &big) || len(b) > maxSpans {
		return nil, tooLarge("the request", maxSpans, "send the spans in several parts")
	}
	if err != nil {
		return nil, errs.New(errs.Invalid, "the body ends too early or is not packed as Content-Encoding says")
	}
	return b, nil
}

var notOTLP = errs.New(errs.Invalid, "Invalid OpenTelemetry format")

// spansFromJSON reads OTLP's JSON, whose names are in camel case and whose ids are hex digits.
func spansFromJSON(b []byte) (groups []spanGroup, err error) {
	v, err := spanfile.Decode(b)
	if err != nil {
		return nil, notOTLP
	}
	snake, err := json.Marshal(snakeKeys(v))
	if err != nil {
		return nil, notOTLP
	}
	var in struct {
		Groups []struct {
			Resource struct {
				Attributes []trace.Attribute `json:"attributes"`
			} `json:"resource"`
			Scopes []struct {
				Spans []trace.Span `json:"spans"`
			} `json:"scope_spans"`
		} `json:"resource_spans"`
	}
	if json.Unmarshal(snake, &in) != nil {
		return nil, notOTLP
	}
	for _, g := range in.Groups {
		out := spanGroup{resource: g.Resource.Attributes}
		for _, s := range g.Scopes {
			out.spans = append(out.spans, s.Spans...)
		}
		groups = append(groups, out)
	}
	return groups, nil
}

// wholes are the fields that OTLP's JSON may give as text.
var wholes = map[string]bool{"start_time_unix_nano": true, "end_time_unix_nano": true, "time_unix_nano": true, "int_value": true}

func snakeKeys(v any) any {
	switch x := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, item := range x {
			k = snake(k)
			if s, ok := item.(string); ok && wholes[k] {
				item = json.Number(s)
			}
			out[k] = snakeKeys(item)
		}
		return out
	case []any:
		for i := range x {
			x[i] = snakeKeys(x[i])
		}
	}
	return v
}

func snake(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c >= 'A' && c <= 'Z' {
			b.WriteByte('_')
			c += 'a' - 'A'
		}
		b.WriteRune(c)
	}
	return b.String()
}
