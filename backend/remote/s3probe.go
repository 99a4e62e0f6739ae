package remote

import (
	"context"
	"net/http"

	"github.com/minio/minio-go/v7"
)

// refusedByCondition reports whether a store kept to If-None-Match.
func refusedByCondition(err error) bool {
	r := minio.ToErrorResponse(err)
	return err != nil && (r.StatusCode == http.StatusPreconditionFailed || r.Code == "PreconditionFailed" ||
		r.StatusCode == http.StatusConflict && r.Code == "ConditionalRequestConflict")
}

// keepsConditions asks once, by storing the same small blob twice, whether the store
// keeps to `If-None-Match: *`. Some know it, some refuse it, some take no notice.
func (b *bucket) keepsConditions(ctx context.Context) (bool, error) {
	b.probe.Lock()
	defer b.probe.Unlock()
	if b.conditional != nil {
		return *b.conditional, nil
	}
	name := temporaryName("probe")
	first := b.send(ctx, name, Content([]byte("1")), true)
	second := first
	if first == nil {
		second = b.send(ctx, name, Content([]byte("2")), true)
		if err := b.Delete(ctx, name); err != nil {
			return false, err
		}
	}
	if code := minio.ToErrorResponse(first).StatusCode; first != nil && code != http.StatusNotImplemented && code != http.StatusBadRequest && !refusedByCondition(first) {
		return false, b.fail(ctx, name, first)
	}
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	keeps := first == nil && refusedByCondition(second)
	b.conditional = &keeps
	return keeps, nil
}
