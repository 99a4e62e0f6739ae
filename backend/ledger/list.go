package ledger

import (
	"context"

	"rondo/backend/index"
)

// List reads a query whose one column is JSON; it is empty, not nil, where nothing is found.
func List[T any](ctx context.Context, l *Ledger, query string, args ...any) ([]T, error) {
	list := []T{}
	err := l.View(ctx, func(tx *index.Tx) error {
		found, err := index.Records[T](tx, query, args...)
		list = append(list, found...)
		return err
	})
	return list, err
}
