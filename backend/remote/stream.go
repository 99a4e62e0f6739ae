package remote

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"path"
)

// temporaryName is a name beside another that nobody else writes to.
func temporaryName(name string) string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return path.Join(path.Dir(name), "."+path.Base(name)+".tmp"+hex.EncodeToString(b))
}

func withContext(ctx context.Context, r io.Reader) io.Reader { return stoppable{ctx, r} }

type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s stoppable) Read(b []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(b)
}
