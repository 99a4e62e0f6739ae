package guard

import (
	"io"
	"math"
	"net/http"
	"time"

	"rondo/backend/errs"
)

// patience is how long a client may stand still, sending or reading. How long it
// takes altogether is not limited: artifacts are large and event streams endless.
const patience = 30 * time.Second

// limit refuses a body that is too large, at once where its length is told and
// while it is read where it is not, and bounds the waits in between.
func limit(w http.ResponseWriter, req *http.Request, most int64) error {
	if req.ContentLength > most {
		return errs.New(errs.TooLarge, "the body has %d bytes, over the limit of %d", req.ContentLength, most).
			WithHint("send it in smaller parts")
	}
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &slowReader{http.MaxBytesReader(w, req.Body, most), http.NewResponseController(w)}
	}
	return nil
}

// slowReader gives each Read its own deadline.
type slowReader struct {
	io.ReadCloser
	rc *http.ResponseController
}

func (r *slowReader) Read(b []byte) (int, error) {
	r.rc.SetReadDeadline(time.Now().Add(patience))
	n, err := r.ReadCloser.Read(b)
	if err != nil {
		// From here on the server watches the connection for the client's going
		// away; that wait has no end of its own.
		r.rc.SetReadDeadline(time.Time{})
	}
	return n, err
}

// patient gives each Write its own deadline.
type patient struct {
	http.ResponseWriter
	rc *http.ResponseController
}

func (p *patient) extend() { p.rc.SetWriteDeadline(time.Now().Add(patience)) }

func (p *patient) Write(b []byte) (int, error) {
	p.extend()
	return p.ResponseWriter.Write(b)
}

// piece is what is sent under one deadline where the kernel copies.
const piece = 512 << 10

// ReadFrom sends src piece by piece. It lets the connection see the file that src is, or
// that it limits, so that the kernel copies it (sendfile).
func (p *patient) ReadFrom(src io.Reader) (n int64, err error) {
	left := int64(math.MaxInt64)
	if l, ok := src.(*io.LimitedReader); ok {
		src, left = l.R, l.N
		defer func() { l.N -= n }()
	}
	for n < left && err == nil {
		var sent int64
		p.extend()
		sent, err = io.CopyN(p.ResponseWriter, src, min(piece, left-n))
		n += sent
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (p *patient) Unwrap() http.ResponseWriter { return p.ResponseWriter }
