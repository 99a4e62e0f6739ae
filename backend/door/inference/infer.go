package inference

import (
	"net/http"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/serve"
	"rondo/backend/serve/runtime"
)

const headerLength = "Inference-Header-Content-Length"

// infer answers POST /v2/models/{model}[/versions/{version}]/infer.
func (d *Door) infer(w http.ResponseWriter, req *http.Request) {
	body, err := d.read(w, req)
	if err != nil {
		fail(w, req, err)
		return
	}
	defer release(body)
	in, err := parse(req, *body)
	if err != nil {
		fail(w, req, err)
		return
	}
	if in.Version, err = versionOf(req); err != nil {
		fail(w, req, err)
		return
	}
	name := req.PathValue("model")
	res, err := d.opts.Serve.Infer(req.Context(), name, in.Request)
	if err == nil {
		res.Outputs, err = in.pick(res.Outputs)
	}
	if err != nil {
		fail(w, req, err)
		return
	}
	in.write(w, name, &res)
}

// parse splits the body where the header says that binary tensors begin.
func parse(req *http.Request, body []byte) (*request, error) {
	text := req.Header.Get(headerLength)
	if text == "" {
		return parseRequest(body, nil)
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > len(body) {
		return nil, errs.New(errs.Invalid, "%s is %.40q, and the body has %d bytes", headerLength, text, len(body))
	}
	return parseRequest(body[:n], body[n:])
}

// pick returns the outputs that were asked for, in that order.
func (r *request) pick(all []runtime.Tensor) ([]runtime.Tensor, error) {
	if len(r.outputs) == 0 {
		return all, nil
	}
	list := make([]runtime.Tensor, 0, len(r.outputs))
next:
	for _, o := range r.outputs {
		for i := range all {
			if all[i].Name == o.name {
				list = append(list, all[i])
				continue next
			}
		}
		return nil, errs.New(errs.Invalid, "the model has no output %.80q", o.name)
	}
	return list, nil
}

func (r *request) inBinary(i int) bool {
	if i < len(r.outputs) && r.outputs[i].binary != nil {
		return *r.outputs[i].binary
	}
	return r.binary
}

// write answers with JSON and, for the outputs that want it, binary tensors after it.
func (r *request) write(w http.ResponseWriter, model string, res *serve.Response) {
	buf := buffers.Get().(*[]byte)
	defer release(buf)
	var tail []byte
	b := appendText(append((*buf)[:0], `{"model_name":`...), model)
	b = strconv.AppendInt(append(b, `,"model_version":"`...), int64(res.Version), 10)
	b = appendText(append(b, `","id":`...), res.ID)
	b = append(b, `,"outputs":[`...)
	for i := range res.Outputs {
		t := &res.Outputs[i]
		if i > 0 {
			b = append(b, ',')
		}
		b = appendHead(b, t)
		if r.inBinary(i) {
			before := len(tail)
			if tail = appendBinary(tail, t); tail == nil {
				tail = []byte{}
			}
			b = strconv.AppendInt(append(b, `,"parameters":{"binary_data_size":`...), int64(len(tail)-before), 10)
			b = append(b, `}}`...)
			continue
		}
		b = append(appendData(append(b, `,"data":`...), t), '}')
	}
	b = append(b, "]}"...)
	head := w.Header()
	head["Content-Type"] = jsonType
	if tail != nil {
		head[headerLength] = []string{strconv.Itoa(len(b))}
		head.Set("Content-Type", "application/octet-stream")
		b = append(b, tail...)
	}
	head["Content-Length"] = []string{strconv.Itoa(len(b))}
	w.Write(b)
	*buf = b
}

var jsonType = []string{"application/json"}

func appendHead(b []byte, t *runtime.Tensor) []byte {
	b = appendText(append(b, `{"name":`...), t.Name)
	b = append(append(b, `,"datatype":"`...), datatypes[t.Type]...)
	b = append(b, `","shape":[`...)
	for i, n := range t.Shape {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, ']')
}
