package dataset

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"rondo/backend/errs"
	"rondo/backend/netguard"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// downloaded is a file that was fetched whole.
type downloaded struct {
	file    string // in .rondo/tmp
	origin  Origin
	same    bool  // the server says that nothing has changed
	resumed int64 // bytes that were there before
}

const maxRedirects = 5

// part is what is known of a download that was interrupted; it lies beside it.
type part struct {
	URL      string `json:"url"`
	ETag     string `json:"etag"`
	Modified string `json:"last_modified"`

	Placed ref.Digest `json:"placed,omitzero"` // of a file that was fetched whole and is being moved to its place
}

const partSuffix = ".json"

// partAt is where a download is collected.
func (s *Service) partAt(u *url.URL) string {
	return filepath.Join(s.full(tmpDir), "import-"+ref.Of([]byte(u.String())).String()[:16])
}

// validator is what tells a server that the rest of the same file is wanted. A weak tag
// promises no bytes.
func (p part) validator() string {
	if len(p.ETag) > 2 && p.ETag[0] == '"' {
		return p.ETag
	}
	return p.Modified
}

// download fetches a URL, from where an interrupted download of it ended. Where the server
// says that it is what the known origin was, nothing is fetched.
func (s *Service) download(ctx context.Context, u *url.URL, known Origin, in Update) (d downloaded, err error) {
	limit := cmp.Or(in.MaxBytes, usualMaxBytes)
	if limit < 0 {
		return d, errs.New(errs.Invalid, "a limit of %d bytes is none", limit)
	}
	d.file = s.partAt(u)
	if err := os.MkdirAll(filepath.Dir(d.file), 0o755); err != nil {
		return d, errs.Unwritten(tmpDir, err)
	}
	before := s.unfinished(d.file, u)
	resp, err := ask(ctx, u, known, before, d.file, in.Inside)
	if err != nil {
		return d, err
	}
	defer resp.Body.Close()
	at := int64(0)
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusPartialContent:
		if at = sizeOf(d.file); !startsAt(resp, at) {
			return d, errs.New(errs.Unavailable, "%s sent another part than was asked for", u.Host).WithHint("import it again")
		}
	case http.StatusNotModified:
		s.dropPlaced(u)
		d.same = true
		return d, nil
	case http.StatusRequestedRangeNotSatisfiable: // it is shorter now
		os.Remove(d.file)
		return s.download(ctx, u, known, in)
	default:
		return d, refusedBy(u, resp)
	}
	d.resumed = at
	d.origin = Origin{URL: u.String(), ETag: resp.Header.Get("ETag"), Modified: resp.Header.Get("Last-Modified"), Inside: in.Inside, At: s.opts.Now().UTC().Truncate(time.Second)}
	_ = s.notePart(d.file, part{URL: u.String(), ETag: d.origin.ETag, Modified: d.origin.Modified}) // without it the next try begins anew
	count, of := &store.Count{}, &total{}
	if count.Add(0, at); resp.ContentLength > 0 {
		of.set(1, at+resp.ContentLength)
	}
	resp.Body = &counted{ReadCloser: resp.Body, count: count, times: 1}
	stop := s.follow("import", fileName(u), count, of)
	err = save(ctx, d.file, resp, at, limit)
	stop()
	return d, err
}

// unfinished is what is known of an earlier try; nothing where it cannot be continued.
func (s *Service) unfinished(file string, u *url.URL) (p part) {
	b, err := os.ReadFile(file + partSuffix)
	if err != nil || json.Unmarshal(b, &p) != nil || p.URL != u.String() {
		return part{}
	}
	return p
}

// notePart notes beside a download what it is.
func (s *Service) notePart(file string, p part) error {
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file+partSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}

// dropPlaced forgets of a download that it was moved to its place.
func (s *Service) dropPlaced(u *url.URL) {
	if at := s.partAt(u); !s.unfinished(at, u).Placed.IsZero() {
		os.Remove(at + partSuffix)
	}
}

func sizeOf(file string) int64 {
	if fi, err := os.Stat(file); err == nil {
		return fi.Size()
	}
	return 0
}

func startsAt(resp *http.Response, at int64) bool {
	var from int64
	n, err := fmt.Sscanf(resp.Header.Get("Content-Range"), "bytes %d-", &from)
	return err == nil && n == 1 && from == at
}

func ask(ctx context.Context, u *url.URL, known Origin, before part, file string, inside bool) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "rondo")
	req.Header.Set("Accept-Encoding", "identity")
	if n := sizeOf(file); n > 0 && before.validator() != "" {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", n))
		req.Header.Set("If-Range", before.validator())
	} else if known.ETag != "" {
		req.Header.Set("If-None-Match", known.ETag)
	} else if known.Modified != "" {
		req.Header.Set("If-Modified-Since", known.Modified)
	}
	resp, err := web(inside).Do(req)
	var said *errs.Error
	switch {
	case err == nil:
		return resp, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.As(err, &said):
		return nil, said
	}
	return nil, errs.New(errs.Unavailable, "%s cannot be fetched: %w", u, err).WithHint("see whether you are online, and whether a browser can open it")
}

// web is a client that follows few redirects and, unless told, reaches no address of this
// computer or its network. Addresses are looked at when a connection is made, which no
// change of a name in between can slip by.
func web(inside bool) *http.Client {
	dialer := &net.Dialer{Timeout: 15 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		a, err := netip.ParseAddrPort(address)
		if err == nil && (inside || netguard.Public(a.Addr())) {
			return nil
		}
		return errs.New(errs.Denied, "%s is an address of this computer or its network", address).WithHint("if that is what you mean: --allow-inside")
	}}
	transport := &http.Transport{
		DialContext: dialer.DialContext, TLSHandshakeTimeout: 15 * time.Second, ResponseHeaderTimeout: time.Minute,
		MaxResponseHeaderBytes: 64 << 10, DisableCompression: true, DisableKeepAlives: true,
	}
	return &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return errs.New(errs.Invalid, "the URL leads from one place to the next, more than %d times", maxRedirects).WithHint("give the URL that a browser ends at")
		}
		if via[0].URL.Scheme == "https" && r.URL.Scheme == "http" {
			return errs.New(errs.Denied, "the URL leads from https to http").WithHint("give the http URL yourself if you trust it")
		}
		return nil
	}}
}

func refusedBy(u *url.URL, resp *http.Response) error {
	kind, hint := errs.Unavailable, "try again later"
	switch {
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone:
		kind, hint = errs.NotFound, "check the URL"
	case resp.StatusCode == http.StatusUnauthorized || resp.StatusCode == http.StatusForbidden:
		kind, hint = errs.Denied, "Rondo sends no passwords; fetch the file yourself and `rondo data add` it"
	case resp.StatusCode < 500:
		kind = errs.Precondition
	}
	return errs.New(kind, "%s answered %s", u.Host, resp.Status).WithHint("%s", hint)
}

// save appends the body to the file, which is durable on return.
func save(ctx context.Context, file string, resp *http.Response, at, limit int64) error {
	if resp.ContentLength > limit-at {
		return overLimit(file, limit)
	}
	flags := os.O_WRONLY | os.O_CREATE
	if at == 0 {
		flags |= os.O_TRUNC
	}
	f, err := os.OpenFile(file, flags, 0o644)
	if err != nil {
		return errs.Unwritten(file, err)
	}
	defer f.Close()
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return err
	}
	n, err := io.Copy(f, io.LimitReader(resp.Body, limit-at+1))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case n > limit-at:
		return overLimit(file, limit)
	case errors.Is(err, syscall.ENOSPC):
		return errs.Unwritten(file, err)
	case err != nil || resp.ContentLength >= 0 && n != resp.ContentLength:
		return errs.New(errs.Unavailable, "the connection broke off after %d bytes: %w", at+n, cmp.Or(err, io.ErrUnexpectedEOF)).WithHint("import it again: it goes on from there, where the server can")
	}
	return errs.Unwritten(file, errors.Join(f.Sync(), f.Close()))
}

func overLimit(file string, limit int64) error {
	os.Remove(file)
	return errs.New(errs.TooLarge, "it is larger than %d bytes", limit).WithHint("allow more: --max-size")
}
