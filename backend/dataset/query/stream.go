package query

import (
	"context"
	"errors"
	"io"

	"rondo/backend/index"
)

// errOther says that a column holds something else than it was thought to.
var errOther = errors.New("a column holds something else")

// streams reports whether a question may be answered while its table is read: it speaks of one table, once,
// and not of how SQLite keeps it.
func streams(question string, about []asking) bool {
	return len(about) == 1 && mentioned(question, about[0].name) == 1 && !inward().MatchString(question)
}

// stream answers a question while its table is read. It has not, where SQLite wants the rows twice.
func (a *Answer) stream(ctx context.Context, one asking, question string) (answered bool, err error) {
	for {
		if !one.exact {
			if err := one.look(ctx); err != nil {
				return false, err
			}
		}
		l, err := one.loading()
		if err != nil {
			return false, asked(one.Path, err)
		}
		err = a.through(ctx, l, question)
		switch {
		case errors.Is(err, errOther):
			one.exact, a.Rows = false, [][]any{}
			continue
		case errors.Is(err, index.ErrAgain):
			a.Rows = [][]any{}
			return false, nil
		}
		a.faulty(one, l.t.Faults())
		return true, asked(one.Path, err)
	}
}

func (a *Answer) through(ctx context.Context, l *loading, question string) error {
	defer l.t.Close()
	rows, stop := ahead(ctx, len(l.wanted), func(values []any) error {
		if err := l.take(values); err != nil || !l.other {
			return err
		}
		return errOther
	})
	defer stop()
	return index.Stream(ctx, l.shape(), rows, question, a.take())
}

// look reads the table once to know what its columns hold.
func (a *asking) look(ctx context.Context) error {
	l, err := a.loading()
	if err != nil {
		return asked(a.Path, err)
	}
	defer l.t.Close()
	values := make([]any, len(a.wanted))
	for {
		err := l.take(values)
		if errors.Is(err, io.EOF) {
			a.kinds, a.exact = l.now, true
			return nil
		}
		if err == nil && l.rows%4096 == 0 {
			err = ctx.Err()
		}
		if err != nil {
			return asked(a.Path, err)
		}
	}
}
