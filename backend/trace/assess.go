package trace

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// Change updates an assessment; what is nil stays.
type Change struct {
	Name      *string           `json:"name,omitempty"`
	Kind      string            `json:"kind,omitempty"` // of the new value
	Value     json.RawMessage   `json:"value,omitempty"`
	Error     json.RawMessage   `json:"error,omitempty"`
	Rationale *string           `json:"rationale,omitempty"`
	Metadata  map[string]string `json:"metadata,omitempty"` // merged with what is there
}

type changeRecord struct {
	Assessment string `json:"assessment"`
	Change
}

// Reassess changes a judgement.
func (s *Service) Reassess(ctx context.Context, traceID, id string, c Change) (a Assessment, err error) {
	_, err = s.opts.Ledger.Do(ctx, "assessment.update", traceID, func(tx *index.Tx) (any, error) {
		old, err := assessment(tx, traceID, id)
		if err == nil && c.Kind != "" && c.Kind != old.Kind {
			err = errs.New(errs.Invalid, "Cannot update %s value on %s assessment.", article(c.Kind), article(old.Kind))
		}
		return changeRecord{id, c}, err
	})
	if err != nil {
		return a, err
	}
	return s.Assessment(ctx, traceID, id)
}

func article(kind string) string {
	if kind == Feedback {
		return "a " + kind
	}
	return "an " + kind
}

// DeleteAssessment takes a judgement away; one that it replaced counts again.
func (s *Service) DeleteAssessment(ctx context.Context, traceID, id string) error {
	if err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return exists(tx, traceID) }); err != nil {
		return err
	}
	_, err := s.opts.Ledger.Do(ctx, "assessment.delete", traceID, func(*index.Tx) (any, error) { return idRecord{id}, nil })
	return err
}

// Assessment returns one judgement.
func (s *Service) Assessment(ctx context.Context, traceID, id string) (a Assessment, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		a, err = assessment(tx, traceID, id)
		return err
	})
	return a, err
}

func assessment(tx *index.Tx, traceID, id string) (a Assessment, err error) {
	var data string
	err = tx.QueryRow("SELECT data FROM trace_assessments WHERE trace=? AND id=?", traceID, id).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		if err := exists(tx, traceID); err != nil {
			return a, err
		}
		return a, errs.New(errs.NotFound, "Assessment with ID '%.128s' not found for trace '%.128s'", id, traceID)
	}
	if err == nil {
		err = json.Unmarshal([]byte(data), &a)
	}
	return a, err
}

func applyAssessment(tx *index.Tx, _ journal.Record, a Assessment) error {
	if a.Overrides != "" {
		if err := setValid(tx, a.TraceID, a.Overrides, false); err != nil {
			return err
		}
	}
	return putAssessment(tx, a)
}

func putAssessment(tx *index.Tx, a Assessment) error {
	b, err := json.Marshal(a)
	if err != nil {
		return err
	}
	value := a.Value
	if len(value) == 0 {
		value = json.RawMessage("null")
	}
	_, err = tx.Exec(`INSERT INTO trace_assessments VALUES (?,?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET name=excluded.name, kind=excluded.kind,
		value=excluded.value, valid=excluded.valid, data=excluded.data`, a.TraceID, a.ID, a.Name, a.Kind, string(value), a.Valid, a.Created, string(b))
	return err
}

func setValid(tx *index.Tx, traceID, id string, valid bool) error {
	a, err := assessment(tx, traceID, id)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	a.Valid = valid
	return putAssessment(tx, a)
}

func applyAssessmentUpdate(tx *index.Tx, rec journal.Record, in changeRecord) error {
	a, err := assessment(tx, rec.ID, in.Assessment)
	if errs.Is(err, errs.NotFound) {
		return nil // another device has deleted it
	}
	if err != nil {
		return err
	}
	if in.Name != nil {
		a.Name = *in.Name
	}
	if in.Kind != "" {
		a.Value, a.Error = in.Value, in.Error
	}
	if in.Rationale != nil {
		a.Rationale = in.Rationale
	}
	if len(in.Metadata) > 0 {
		if a.Metadata == nil {
			a.Metadata = map[string]string{}
		}
		maps.Copy(a.Metadata, in.Metadata)
	}
	a.Updated = millis(rec.Time())
	return putAssessment(tx, a)
}

type idRecord struct {
	ID string `json:"id"`
}

func applyAssessmentDelete(tx *index.Tx, rec journal.Record, in idRecord) error {
	a, err := assessment(tx, rec.ID, in.ID)
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	if err == nil && a.Overrides != "" {
		err = setValid(tx, rec.ID, a.Overrides, true)
	}
	if err == nil {
		_, err = tx.Exec("DELETE FROM trace_assessments WHERE trace=? AND id=?", rec.ID, in.ID)
	}
	return err
}
