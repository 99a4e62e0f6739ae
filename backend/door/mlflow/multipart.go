package mlflow

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/run"
)

// Uploads in parts, as clients send large files where MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD
// says so. MLflow has buckets take the parts; here it is this server. The client puts the
// parts to the addresses it is given, with the headers it is given and no others.

func (d *Door) multipartRoutes() []route {
	const root = "/mlflow-artifacts/mpu/"
	folder, name, id := text("folder"), need(text("path")), need(text("upload_id"))
	create := file(http.MethodPost, root+"create/{folder...}", d.createUpload, folder, name, whole("num_parts"))
	create.body = true
	return []route{
		create,
		post(root+"complete/{folder...}", d.completeUpload, folder, name, id, need(list("parts", need(whole("part_number")), text("etag")))),
		post(root+"abort/{folder...}", d.abortUpload, folder, name, id),
		file(http.MethodGet, "/mlflow-artifacts/presigned/{path...}", d.directDownload, name),
		file(http.MethodPut, root+"part/{upload_id}/{number}/{path...}", d.putPart, id, need(text("number")), name),
	}
}

type uploadTicket struct {
	ID    string       `json:"upload_id"`
	Parts []partTicket `json:"credentials,omitempty"`
}

type partTicket struct {
	URL     string            `json:"url"`
	Number  int               `json:"part_number"`
	Headers map[string]string `json:"headers,omitempty"`
}

// maxParts is how many parts one upload may have.
const maxParts = 10_000

func (d *Door) createUpload(w http.ResponseWriter, req *http.Request, in message) error {
	p, name, err := d.uploadPlace(in)
	if err != nil {
		return err
	}
	n := in.whole("num_parts")
	if n < 1 || n > maxParts {
		return errs.New(errs.Invalid, "Invalid value %d for parameter 'num_parts' supplied: want 1 to %d", n, maxParts)
	}
	out := uploadTicket{}
	if out.ID, err = d.opts.Runs.BeginParts(req.Context(), p.owner, p.path); err != nil {
		return err
	}
	for i := range int(n) {
		out.Parts = append(out.Parts, partTicket{ownURL(req, "mpu/part/"+out.ID+"/"+strconv.Itoa(i+1)+"/"+name), i + 1, ownHeaders(req)})
	}
	writeJSON(w, http.StatusOK, out)
	return nil
}

// ownHeaders are what a request to an address that was handed out must carry: the
// caller's own credentials, since it sends nothing else along.
func ownHeaders(req *http.Request) map[string]string {
	if key := req.Header.Get("Authorization"); key != "" {
		return map[string]string{"Authorization": key}
	}
	return nil
}

// ownURL is an address of files on the host that the caller has asked, which the guard knows.
func ownURL(req *http.Request, path string) string {
	u := url.URL{Scheme: "http", Host: req.Host, Path: prefixes[0] + "/2.0/mlflow-artifacts/" + path}
	if req.TLS != nil {
		u.Scheme = "https"
	}
	return u.String()
}

// uploadPlace is what an upload is to become: a folder from the address, and in it the
// last part of the sender's own path of the file.
func (d *Door) uploadPlace(in message) (p place, name string, err error) {
	base := in.text("path")
	base = base[strings.LastIndexAny(base, `/\`)+1:]
	name = strings.TrimRight(in.text("folder"), "/") + "/" + base // not joined: that would hide a ".."
	if base == "" {
		return p, name, errs.New(errs.Invalid, "the path %.200q names no file", in.text("path"))
	}
	p, err = d.uploadTarget(name)
	return p, name, err
}

func (d *Door) uploadTarget(name string) (place, error) {
	p, err := d.writable(message{"path": name})
	if err == nil && p.trace != "" {
		err = errs.New(errs.Invalid, "files of a trace come in one piece")
	}
	return p, err
}

func (d *Door) putPart(w http.ResponseWriter, req *http.Request, in message) error {
	p, err := d.uploadTarget(in.text("path"))
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(in.text("number"))
	if err != nil {
		return errs.New(errs.Invalid, "part %.40q has no number", in.text("number"))
	}
	body := http.MaxBytesReader(w, req.Body, d.opts.MaxUpload)
	part, err := d.opts.Runs.PutPart(req.Context(), p.owner, p.path, in.text("upload_id"), number, body)
	var big *http.MaxBytesError
	if errors.As(err, &big) {
		return fileTooLarge(big.Limit)
	}
	if err != nil {
		return err
	}
	w.Header().Set("ETag", `"`+part.Digest.String()+`"`)
	writeJSON(w, http.StatusOK, nothing{})
	return nil
}

func (d *Door) completeUpload(ctx context.Context, in message) (any, error) {
	p, _, err := d.uploadPlace(in)
	if err != nil {
		return nil, err
	}
	var parts []run.Part
	for _, m := range in.list("parts") {
		part, err := run.ParsePart(m.whole("part_number"), m.text("etag"))
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	_, err = d.opts.Runs.CompleteParts(ctx, p.owner, p.path, in.text("upload_id"), parts)
	if errs.Is(err, errs.TooLarge) {
		err = &refusal{"INVALID_PARAMETER_VALUE", http.StatusRequestEntityTooLarge, err.Error()}
	}
	return nothing{}, err
}

func (d *Door) abortUpload(ctx context.Context, in message) (any, error) {
	p, _, err := d.uploadPlace(in)
	if err != nil {
		return nil, err
	}
	return nothing{}, d.opts.Runs.AbortParts(ctx, p.owner, p.path, in.text("upload_id"))
}

// directDownload hands out where a file can be had in several ranges at once, as clients
// ask for where MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD says so.
func (d *Door) directDownload(w http.ResponseWriter, req *http.Request, in message) error {
	p, err := parsePlace(in.text("path"))
	if err != nil {
		return err
	}
	size, err := d.sizeOf(req.Context(), p)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, struct {
		URL     string            `json:"url"`
		Headers map[string]string `json:"headers,omitempty"`
		Size    int64             `json:"file_size"`
	}{ownURL(req, "artifacts/"+in.text("path")), ownHeaders(req), size})
	return nil
}

// sizeOf is the size of a file in bytes.
func (d *Door) sizeOf(ctx context.Context, p place) (int64, error) {
	name := path.Base(p.path)
	if p.path == "" {
		name = ""
	}
	p.path = strings.TrimSuffix(strings.TrimSuffix(p.path, name), "/")
	files, err := d.filesAt(ctx, p)
	for _, f := range files {
		if path.Base(f.Path) == name && !f.Dir {
			return f.Size, nil
		}
	}
	if err == nil {
		err = errs.New(errs.NotFound, "No such artifact: '%s'", short(name, 200))
	}
	return 0, err
}
