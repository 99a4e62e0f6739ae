package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/serve"
	"rondo/backend/serve/runtime"
)

// Snippet is a piece of code that asks an endpoint, ready to be pasted. The token
// is named, not shown: export RONDO_TOKEN=$(rondo token --serving) brings it in.
type Snippet struct {
	Name     string `json:"name"`
	Language string `json:"language"` // sh or python
	Code     string `json:"code"`
}

func (a *API) snippets(ctx context.Context, in endpointName) ([]Snippet, error) {
	e, err := a.Serve.Endpoint(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	if e.Signature == nil || e.Example == nil {
		return nil, errs.New(errs.Precondition, "endpoint %q has nothing to ask yet: %s", e.Name, e.Deployment.Reason).
			WithHint("point the alias at a version, then look again")
	}
	base := "http://127.0.0.1:7718"
	if a.House != nil {
		if p, err := a.House.Project(ctx); err == nil && p.ServingURL != "" {
			base = p.ServingURL
		}
	}
	oip, scoring := oipBody(e), scoringBody(e)
	v2, inv := base+"/v2/models/"+url.PathEscape(e.Name)+"/infer", base+"/endpoints/"+url.PathEscape(e.Name)+"/invocations"
	return []Snippet{
		{"curl", "sh", curl(v2, oip)},
		{"curl (MLflow scoring)", "sh", curl(inv, scoring)},
		{"Python (requests)", "python", python(inv, scoring)},
		{"Python (tritonclient)", "python", triton(base, e)},
	}, nil
}

func curl(address, body string) string {
	return "curl " + quote(address) + " \\\n  -H \"Authorization: Bearer $RONDO_TOKEN\" -H 'Content-Type: application/json' \\\n  -d " + quote(body)
}

// quote makes one word of a shell command.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func python(address, body string) string {
	return fmt.Sprintf("import json, os, requests\n\nanswer = requests.post(\n    %s,\n    headers={\"Authorization\": \"Bearer \" + os.environ[\"RONDO_TOKEN\"]},\n"+
		"    json=json.loads(r\"\"\"%s\"\"\"),\n)\nanswer.raise_for_status()\nprint(answer.headers[\"X-Rondo-Prediction-Id\"], answer.json()[\"predictions\"])", literal(address), body)
}

// literal is a string of Python; JSON's escapes are Python's too.
func literal(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(b)
}

var datatypes = map[runtime.Type]string{
	runtime.Boolean: "BOOL", runtime.Integer: "INT32", runtime.Long: "INT64", runtime.Float: "FP32",
	runtime.Double: "FP64", runtime.String: "BYTES", runtime.Datetime: "BYTES",
}

var dtypes = map[runtime.Type]string{
	runtime.Boolean: "bool", runtime.Integer: "int32", runtime.Long: "int64", runtime.Float: "float32",
	runtime.Double: "float64", runtime.String: "object", runtime.Datetime: "object",
}

// tensor is a column of the example row, its members in the order a person reads them.
type tensor struct {
	Name     string `json:"name"`
	Datatype string `json:"datatype"`
	Shape    []int  `json:"shape"`
	Data     []any  `json:"data"`
}

// oipBody asks for the example row, one tensor per column.
func oipBody(e serve.Endpoint) string {
	var inputs []any
	for _, c := range e.Signature.Inputs {
		inputs = append(inputs, tensor{c.Name, datatypes[c.Type], shapeOf(c), []any{e.Example[c.Name]}})
	}
	return oneALine("inputs", inputs)
}

// shapeOf is the shape of one row.
func shapeOf(c runtime.Column) []int {
	if c.Shape == nil {
		return []int{1}
	}
	shape := slices.Clone(c.Shape)
	for i := range shape {
		shape[i] = max(shape[i], 1)
	}
	return shape
}

func scoringBody(e serve.Endpoint) string {
	if len(e.Signature.Inputs) == 1 && e.Signature.Inputs[0].Shape != nil {
		return oneALine("inputs", []any{e.Example[e.Signature.Inputs[0].Name]})
	}
	return oneALine("dataframe_records", []any{e.Example})
}

// oneALine writes an object with one list, each member of it on a line of its own.
func oneALine(name string, list []any) string {
	var lines []string
	for _, v := range list {
		lines = append(lines, "  "+string(must(json.Marshal(v))))
	}
	return fmt.Sprintf("{%q: [\n%s\n]}", name, strings.Join(lines, ",\n"))
}

func triton(base string, e serve.Endpoint) string {
	var b strings.Builder
	host := strings.TrimPrefix(base, "http://")
	fmt.Fprintf(&b, "import os\nimport numpy as np\nimport tritonclient.http as triton\n\nclient = triton.InferenceServerClient(%s)\ninputs = []\nfor name, value in [\n", literal(host))
	for _, c := range e.Signature.Inputs {
		text := string(must(json.Marshal(e.Example[c.Name])))
		fmt.Fprintf(&b, "    (%s, np.array([%s], dtype=np.%s)),\n", literal(c.Name), pythonValue(text), dtypes[c.Type])
	}
	b.WriteString("]:\n    tensor = triton.InferInput(name, value.shape, triton.np_to_triton_dtype(value.dtype))\n    tensor.set_data_from_numpy(value)\n    inputs.append(tensor)\n")
	fmt.Fprintf(&b, "answer = client.infer(%s, inputs, headers={\"Authorization\": \"Bearer \" + os.environ[\"RONDO_TOKEN\"]})\n", literal(e.Name))
	b.WriteString("for output in answer.get_response()[\"outputs\"]:\n    print(output[\"name\"], answer.as_numpy(output[\"name\"]))")
	return b.String()
}

// pythonValue turns JSON's three words into Python's.
func pythonValue(text string) string {
	switch text {
	case "true":
		return "True"
	case "false":
		return "False"
	case "null":
		return "None"
	}
	return text
}

func must(b []byte, err error) []byte {
	if err != nil {
		return []byte("null")
	}
	return b
}
