package metafile

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"sync"
)

const chunk = 1 << 20 // bytes that DVC reads at a time; its rule for text looks at each

var chunks = sync.Pool{New: func() any { b := make([]byte, chunk); return &b }}

// Sum hashes content as DVC does. Dos2Unix takes each MiB by itself: one whose first 512
// bytes look like text is hashed with CRLF as LF.
func Sum(ctx context.Context, r io.Reader, hash string) (sum string, size int64, err error) {
	h, whole := md5.New(), chunks.Get().(*[]byte)
	defer chunks.Put(whole)
	buf := *whole
	for {
		if err := ctx.Err(); err != nil {
			return "", size, err
		}
		n, err := fill(r, buf)
		size += int64(n)
		b := buf[:n]
		if hash == Dos2Unix && looksText(b[:min(n, 512)]) {
			b = bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n"))
		}
		h.Write(b)
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(h.Sum(nil)), size, nil
		}
		if err != nil {
			return "", size, err
		}
	}
}

// looksText is DVC's guess: no NUL, and at most three in ten bytes that text has not.
func looksText(b []byte) bool {
	odd := 0
	for _, c := range b {
		if c == 0 {
			return false
		}
		if (c < 32 || c > 126) && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\b' {
			odd++
		}
	}
	return len(b) == 0 || float64(odd)/float64(len(b)) <= 0.30
}

// fill reads until buf is full or r ends. Unlike io.ReadFull it tells an end from a connection
// that was cut, which is ErrUnexpectedEOF: content that is not all there is not damaged.
func fill(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var more int
		more, err = r.Read(buf[n:])
		n += more
	}
	return n, err
}
