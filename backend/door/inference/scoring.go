package inference

import (
	"encoding/json"
	"mime"
	"net/http"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/serve"
	"rondo/backend/serve/runtime"
)

// MLflowVersion is the MLflow whose scoring protocol this is.
const MLflowVersion = "3.17.2"

// ping answers as MLflow's server does; of an endpoint, whether it can predict.
func (d *Door) ping(w http.ResponseWriter, req *http.Request) {
	if name := req.PathValue("model"); name != "" {
		if _, _, err := d.opts.Serve.Signature(name); err != nil {
			d.refuse(w, req, err)
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte("\n"))
}

func (d *Door) version(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(MLflowVersion))
}

// mlflowCodes are MLflow's names for what failed.
var mlflowCodes = map[int]string{
	http.StatusNotFound: "RESOURCE_DOES_NOT_EXIST", http.StatusForbidden: "PERMISSION_DENIED",
	http.StatusServiceUnavailable: "TEMPORARILY_UNAVAILABLE", http.StatusInternalServerError: "INTERNAL_ERROR",
}

// refuse answers as MLflow's scoring server does, with the protocols' common key beside it.
func (d *Door) refuse(w http.ResponseWriter, req *http.Request, err error) {
	code, message := status(w, req, err)
	name := mlflowCodes[code]
	if name == "" {
		name = "BAD_REQUEST"
	}
	answer(w, code, map[string]string{"error_code": name, "message": message, "error": message})
}

// PredictionID is the header that names a scored request, in both directions: give
// the id to the endpoint with the truth once that is known.
const PredictionID = "X-Rondo-Prediction-Id"

// invoke answers POST /invocations and /endpoints/{model}/invocations.
func (d *Door) invoke(w http.ResponseWriter, req *http.Request) {
	name, err := d.scored(req)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	kind, err := contentType(req)
	if err != nil {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(http.StatusUnsupportedMediaType)
		w.Write([]byte(err.Error() + "\n"))
		return
	}
	sig, _, err := d.opts.Serve.Signature(name)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	body, err := d.read(w, req)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	defer release(body)
	in, err := parseScoring(*body, kind, &sig)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	in.ID = req.Header.Get(PredictionID)
	res, err := d.opts.Serve.Infer(req.Context(), name, in)
	if err != nil {
		d.refuse(w, req, err)
		return
	}
	w.Header().Set(PredictionID, res.ID)
	w.Header()["Content-Type"] = jsonType
	buf := buffers.Get().(*[]byte)
	defer release(buf)
	*buf = appendPredictions((*buf)[:0], &res)
	w.Write(*buf)
}

// scored is the endpoint in the address; without one, the only endpoint there is.
func (d *Door) scored(req *http.Request) (string, error) {
	if name := req.PathValue("model"); name != "" {
		return name, nil
	}
	all, err := d.opts.Serve.Endpoints(req.Context())
	if err != nil {
		return "", err
	}
	if len(all) == 1 {
		return all[0].Name, nil
	}
	return "", errs.New(errs.Invalid, "there are %d endpoints, and /invocations does not say which is meant", len(all)).
		WithHint("use /endpoints/ENDPOINT/invocations")
}

func contentType(req *http.Request) (string, error) {
	kind, params, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	charset := params["charset"]
	if err != nil || kind != "application/json" && kind != "text/csv" || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return "", errs.New(errs.Invalid, "This predictor only supports the content types application/json and text/csv, in UTF-8")
	}
	return kind, nil
}

// scoring is a JSON request in one of MLflow's four forms.
type scoring struct {
	Split     *split           `json:"dataframe_split"`
	Records   []map[string]any `json:"dataframe_records"`
	Instances json.RawMessage  `json:"instances"`
	Inputs    json.RawMessage  `json:"inputs"`
	Params    map[string]any   `json:"params"`
}

type split struct {
	Columns []string `json:"columns"`
	Data    [][]any  `json:"data"`
}

func parseScoring(body []byte, kind string, sig *runtime.Signature) (serve.Request, error) {
	var err error
	var in []runtime.Tensor
	if kind == "text/csv" {
		in, err = fromCSV(body, sig)
	} else {
		in, err = fromJSON(body, sig)
	}
	return serve.Request{Inputs: in}, err
}

func fromJSON(body []byte, sig *runtime.Signature) ([]runtime.Tensor, error) {
	var in scoring
	if err := decodeExact(body, &in); err != nil {
		return nil, err
	}
	forms := 0
	for _, given := range []bool{in.Split != nil, in.Records != nil, in.Instances != nil, in.Inputs != nil} {
		if given {
			forms++
		}
	}
	if forms != 1 {
		return nil, errs.New(errs.Invalid, "the request must hold exactly one of dataframe_split, dataframe_records, instances and inputs; it holds %d", forms).
			WithHint(`send {"dataframe_split": {"columns": […], "data": [[…]]}}`)
	}
	switch {
	case in.Split != nil:
		return in.Split.tensors(sig)
	case in.Records != nil:
		return sig.FromRows(in.Records, false)
	case in.Instances != nil:
		return fromInstances(in.Instances, sig)
	}
	return fromInputs(in.Inputs, sig)
}

// appendPredictions writes {"predictions": …}: a list where the model answers with
// one nameless array, else one object per row.
func appendPredictions(b []byte, res *serve.Response) []byte {
	b = append(b, `{"predictions":[`...)
	bare := len(res.Outputs) == 1 && (res.Outputs[0].Name == "" || res.Outputs[0].Name == "predictions")
	for r := range res.Rows {
		if r > 0 {
			b = append(b, ',')
		}
		if bare {
			b = appendRow(b, &res.Outputs[0], r, res.Rows)
			continue
		}
		b = append(b, '{')
		for i := range res.Outputs {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendText(b, res.Outputs[i].Name), ':')
			b = appendRow(b, &res.Outputs[i], r, res.Rows)
		}
		b = append(b, '}')
	}
	return append(b, "]}"...)
}

// appendRow writes one row of a tensor: a value, or nested lists of them.
func appendRow(b []byte, t *runtime.Tensor, row, rows int) []byte {
	width := t.Len() / max(1, rows)
	if len(t.Shape) <= 1 {
		return appendElement(b, t, row)
	}
	return appendNested(b, t, row*width, width, t.Shape[1:])
}

func appendNested(b []byte, t *runtime.Tensor, at, n int, shape []int) []byte {
	if len(shape) == 0 {
		return appendElement(b, t, at)
	}
	b = append(b, '[')
	for i := range shape[0] {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendNested(b, t, at+i*n/shape[0], n/shape[0], shape[1:])
	}
	return append(b, ']')
}
