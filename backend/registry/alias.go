package registry

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
)

var (
	aliasName  = regexp.MustCompile(`^[\w\-]+$`)
	numberLike = regexp.MustCompile(`^[vV]\d+$`)
)

// Alias points an alias at a version, or removes it with version 0. The reason and
// the actor of ctx go into the history.
func (s *Service) Alias(ctx context.Context, name, alias string, version int, reason, decision string) (Move, error) {
	if len(alias) > 255 || !aliasName.MatchString(alias) || numberLike.MatchString(alias) || strings.EqualFold(alias, "latest") {
		return Move{}, errs.New(errs.Invalid, "%.80q cannot be an alias", alias).
			WithHint("use letters, digits, - and _; latest and v1, v2 … are taken")
	}
	var m Move
	rec, err := s.opts.Ledger.Do(ctx, "model.alias", name, func(tx *index.Tx) (any, error) {
		if _, err := modelRow(tx, name); err != nil {
			return nil, err
		}
		if version != 0 {
			if _, err := versionRow(tx, name, version); err != nil {
				return nil, err
			}
		}
		from := 0
		err := tx.QueryRow("SELECT version FROM registry_aliases WHERE model=? AND alias=?", name, alias).Scan(&from)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
		m = Move{Model: name, Alias: alias, From: from, To: version, Reason: reason, Decision: decision}
		as, err := s.merged(tx, name, from, version)
		return moved{m, as}, err
	})
	m.At, m.By = rec.Time(), rec.By
	return m, err
}

// Try loads a version and answers an example with it, without serving it.
type Try func(ctx context.Context, model string, version int) error

// Rollback points the alias at the version it pointed at before, or at the given
// one, after try has shown that it still loads. Where it does not, nothing moves.
func (s *Service) Rollback(ctx context.Context, name, alias string, to int, reason string, try Try) (Move, error) {
	moves, err := s.History(ctx, name, alias)
	if err != nil {
		return Move{}, err
	}
	if to == 0 {
		if to, err = before(name, alias, moves); err != nil {
			return Move{}, err
		}
	}
	if _, err := s.Version(ctx, name, to); err != nil {
		return Move{}, err
	}
	if try != nil {
		if err := try(ctx, name, to); err != nil {
			kind := errs.Precondition
			if errs.Is(err, errs.Unavailable) {
				kind = errs.Unavailable
			}
			return Move{}, errs.Wrap(kind, err, "version %d of %s was tried before the alias moves, and failed", to, name)
		}
	}
	return s.Alias(ctx, name, alias, to, reason, "")
}

// before finds the version that the alias pointed at before its present one.
func before(name, alias string, newestFirst []Move) (int, error) {
	for _, m := range newestFirst {
		if m.From != 0 && m.From != newestFirst[0].To {
			return m.From, nil
		}
	}
	return 0, errs.New(errs.Precondition, "alias %s of %s has no earlier version to go back to", alias, name)
}

// Live returns the version that an alias pointed at, at a moment; 0 if none.
func (s *Service) Live(ctx context.Context, name, alias string, at time.Time) (int, *Move, error) {
	moves, err := s.History(ctx, name, alias)
	if err != nil {
		return 0, nil, err
	}
	for _, m := range moves {
		if !m.At.After(at) {
			return m.To, &m, nil
		}
	}
	return 0, nil, nil
}
