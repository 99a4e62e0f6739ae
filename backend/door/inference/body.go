package inference

import (
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"
	"net/http"
	"sync"

	"rondo/backend/errs"
)

// buffers are bodies that have been read; whoever decodes one copies what it keeps.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

const keepBuffer = 1 << 20 // bytes of a buffer that is worth keeping

func release(b *[]byte) {
	if cap(*b) <= keepBuffer {
		buffers.Put(b)
	}
}

// read reads a request's body whole, unpacked, within the limit. A body that says
// it is longer is refused before any of it is read.
func (d *Door) read(w http.ResponseWriter, req *http.Request) (*[]byte, error) {
	if req.ContentLength > d.opts.MaxBody {
		return nil, d.tooLarge()
	}
	body, err := unpacked(req.Header.Get("Content-Encoding"), http.MaxBytesReader(w, req.Body, d.opts.MaxBody))
	if err != nil {
		return nil, d.unreadable(err)
	}
	b := buffers.Get().(*[]byte)
	*b = (*b)[:0]
	if n := req.ContentLength; n > 0 && int64(cap(*b)) < min(n, keepBuffer)+1 {
		*b = make([]byte, 0, min(n, keepBuffer)+1)
	}
	for {
		if len(*b) == cap(*b) {
			*b = append(*b, 0)[:len(*b)]
		}
		n, err := body.Read((*b)[len(*b):cap(*b)])
		*b = (*b)[:len(*b)+n]
		if int64(len(*b)) > d.opts.MaxBody {
			return nil, d.tooLarge()
		}
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return nil, d.unreadable(err)
		}
	}
}

func unpacked(encoding string, r io.Reader) (io.Reader, error) {
	switch encoding {
	case "", "identity":
		return r, nil
	case "gzip":
		return gzip.NewReader(r)
	case "deflate":
		return zlib.NewReader(r)
	}
	return nil, errs.New(errs.Invalid, "a body encoded as %.40q cannot be read", encoding).WithHint("use gzip, deflate or none")
}

func (d *Door) tooLarge() error {
	return errs.New(errs.TooLarge, "the request is over the limit of %d MiB", d.opts.MaxBody>>20).WithHint("send fewer rows at once")
}

func (d *Door) unreadable(err error) error {
	var large *http.MaxBytesError
	var own *errs.Error
	switch {
	case errors.As(err, &large):
		return d.tooLarge()
	case errors.As(err, &own):
		return err
	}
	return errs.New(errs.Invalid, "the body could not be read to its end: %w", err)
}
