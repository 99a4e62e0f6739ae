package evaluation

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ref"
)

const maxScorer = 1 << 20 // bytes

// Register keeps a scorer as the next version of its name.
func (s *Service) Register(ctx context.Context, sc Scorer) (Scorer, error) {
	if err := checkName("scorer", sc.Name); err != nil {
		return sc, err
	}
	if len(sc.Serialized) > maxScorer || !json.Valid([]byte(sc.Serialized)) {
		return sc, errs.New(errs.Invalid, "serialized_scorer must be valid JSON of at most %d bytes", maxScorer)
	}
	if err := s.opts.Experiment(ctx, sc.ExperimentID); err != nil {
		return sc, err
	}
	sc.Created = s.now()
	_, err := s.opts.Ledger.Do(ctx, "scorer.register", sc.ExperimentID, func(tx *index.Tx) (any, error) {
		err := tx.QueryRow("SELECT id, last FROM evaluation_numbers WHERE experiment=? AND name=?", sc.ExperimentID, sc.Name).Scan(&sc.ID, &sc.Version)
		if errors.Is(err, sql.ErrNoRows) {
			sc.ID, err = ref.NewID(), nil
		}
		sc.Version++
		return sc, err
	})
	return sc, err
}

func applyScorer(tx *index.Tx, _ journal.Record, sc Scorer) error {
	b, err := json.Marshal(sc)
	if err != nil {
		return err
	}
	_, err = tx.Exec("INSERT INTO evaluation_numbers VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET last=max(last, excluded.last)", sc.ExperimentID, sc.Name, sc.ID, sc.Version)
	if err == nil {
		_, err = tx.Exec("INSERT INTO evaluation_scorers VALUES (?,?,?,?) ON CONFLICT DO NOTHING", sc.ExperimentID, sc.Name, sc.Version, string(b))
	}
	return err
}

// Scorers returns the newest version of each scorer of an experiment, or of all if it is empty.
func (s *Service) Scorers(ctx context.Context, experimentID string) ([]Scorer, error) {
	return rows[Scorer](ctx, s, `SELECT data FROM evaluation_scorers a WHERE (?1='' OR experiment=?1) AND version=
		(SELECT max(version) FROM evaluation_scorers b WHERE b.experiment=a.experiment AND b.name=a.name) ORDER BY experiment, name`, experimentID)
}

// Versions returns all versions of a scorer, the oldest first.
func (s *Service) Versions(ctx context.Context, experimentID, name string) ([]Scorer, error) {
	list, err := rows[Scorer](ctx, s, "SELECT data FROM evaluation_scorers WHERE experiment=? AND name=? ORDER BY version", experimentID, name)
	if err == nil && len(list) == 0 {
		err = noScorer(experimentID, name, 0)
	}
	return list, err
}

func noScorer(experimentID, name string, version int) error {
	if version > 0 {
		return errs.New(errs.NotFound, "Scorer with name '%.80s' and version %d not found for experiment %.80s.", name, version, experimentID)
	}
	return errs.New(errs.NotFound, "Scorer with name '%.80s' not found for experiment %.80s.", name, experimentID)
}

// Scorer returns one version; 0 is the newest.
func (s *Service) Scorer(ctx context.Context, experimentID, name string, version int) (Scorer, error) {
	list, err := s.Versions(ctx, experimentID, name)
	if err != nil {
		return Scorer{}, err
	}
	for _, sc := range list {
		if sc.Version == version {
			return sc, nil
		}
	}
	if version != 0 {
		return Scorer{}, noScorer(experimentID, name, version)
	}
	return list[len(list)-1], nil
}

type scorerDelete struct {
	Name    string `json:"name"`
	Version int    `json:"version,omitempty"` // 0: all of them
}

// DeleteScorer removes one version, or all with 0. A number is never used again.
func (s *Service) DeleteScorer(ctx context.Context, experimentID, name string, version int) error {
	if _, err := s.Scorer(ctx, experimentID, name, version); err != nil {
		return err
	}
	_, err := s.opts.Ledger.Do(ctx, "scorer.delete", experimentID, func(*index.Tx) (any, error) { return scorerDelete{name, version}, nil })
	return err
}

func applyScorerDelete(tx *index.Tx, rec journal.Record, in scorerDelete) error {
	_, err := tx.Exec("DELETE FROM evaluation_scorers WHERE experiment=? AND name=? AND (?3=0 OR version=?3)", rec.ID, in.Name, in.Version)
	return err
}
