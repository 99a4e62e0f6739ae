package remote

import (
	"context"
	"fmt"
)

type noticeKey struct{}

// WithNotice lets tell be told, in a line, of what is tried again. It may be called concurrently.
func WithNotice(ctx context.Context, tell func(text string)) context.Context {
	return context.WithValue(ctx, noticeKey{}, tell)
}

// notice tells whoever waits why that takes longer.
func notice(ctx context.Context, format string, args ...any) {
	if tell, ok := ctx.Value(noticeKey{}).(func(string)); ok {
		tell(fmt.Sprintf(format, args...))
	}
}
