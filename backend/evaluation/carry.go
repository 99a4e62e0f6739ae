package evaluation

import (
	"context"
	"slices"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// carriedRecord is a dataset as another tool's store has it, with some of its records.
type carriedRecord struct {
	Dataset Dataset  `json:"dataset"`
	Records []Record `json:"records,omitempty"`
}

// limits of one record of the journal
const (
	maxCarried      = 1000
	maxCarriedBytes = 2 << 20
)

// Carry brings a dataset in with its records, their ids and times. Doing it twice is
// the same as doing it once.
func (s *Service) Carry(ctx context.Context, d Dataset, records []Record) error {
	if err := checkName("evaluation dataset", d.Name); err != nil {
		return err
	}
	if err := checkTags(d.Tags); err != nil {
		return err
	}
	for first := true; first || len(records) > 0; first = false {
		n, size := 0, 0
		for n < len(records) && n < maxCarried && (n == 0 || size < maxCarriedBytes) {
			size += records[n].size()
			n++
		}
		rec := carriedRecord{d, records[:n]}
		records = records[n:]
		if _, err := s.opts.Ledger.Do(ctx, "evaluation.carry", d.ID, func(*index.Tx) (any, error) { return rec, nil }); err != nil {
			return err
		}
	}
	return nil
}

// size is about how many bytes a record takes.
func (r *Record) size() int {
	n := len(r.Outputs) + len(r.Source) + 200
	for k, v := range r.Inputs {
		n += len(k) + len(v)
	}
	for k, v := range r.Expectations {
		n += len(k) + len(v)
	}
	return n
}

func applyCarried(tx *index.Tx, _ journal.Record, in carriedRecord) error {
	d, err := datasetByID(tx, in.Dataset.ID)
	if errs.Is(err, errs.NotFound) {
		d, err = in.Dataset, nil
		d.Records = 0
	}
	if err != nil {
		return err
	}
	for _, r := range in.Records {
		fresh, err := putRecord(tx, d.ID, r)
		if err != nil {
			return err
		}
		if fresh {
			d.Records++
		}
		d.Schema = widened(d.Schema, r)
	}
	d.Name, d.Tags, d.Created, d.Updated = in.Dataset.Name, in.Dataset.Tags, in.Dataset.Created, in.Dataset.Updated
	d.CreatedBy, d.UpdatedBy = in.Dataset.CreatedBy, in.Dataset.UpdatedBy
	for _, id := range in.Dataset.ExperimentIDs {
		if !slices.Contains(d.ExperimentIDs, id) {
			d.ExperimentIDs = append(d.ExperimentIDs, id)
		}
	}
	return putDataset(tx, d)
}

// CarryScorer brings a version of a scorer in under its number, or under the next one
// where another has that number here. It returns the number.
func (s *Service) CarryScorer(ctx context.Context, sc Scorer) (int, error) {
	if err := checkName("scorer", sc.Name); err != nil {
		return 0, err
	}
	list, err := s.Versions(ctx, sc.ExperimentID, sc.Name)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	for _, there := range list {
		if there.Serialized == sc.Serialized && there.Created == sc.Created {
			return there.Version, nil
		}
	}
	_, err = s.opts.Ledger.Do(ctx, "scorer.register", sc.ExperimentID, func(tx *index.Tx) (any, error) {
		var n, last int
		err := tx.QueryRow("SELECT count(*) FROM evaluation_scorers WHERE experiment=? AND name=? AND version=?", sc.ExperimentID, sc.Name, sc.Version).Scan(&n)
		if err == nil && n > 0 {
			err = tx.QueryRow("SELECT last FROM evaluation_numbers WHERE experiment=? AND name=?", sc.ExperimentID, sc.Name).Scan(&last)
			sc.Version = last + 1
		}
		return sc, err
	})
	return sc.Version, err
}
