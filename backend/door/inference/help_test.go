package inference_test

import (
	"bytes"
	"compress/gzip"
	"io"
)

// bomb is 64 MiB of spaces, packed.
func bomb() string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.CopyN(w, endless{}, 64<<20)
	w.Close()
	return b.String()
}
