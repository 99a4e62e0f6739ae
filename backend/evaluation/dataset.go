package evaluation

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/ref"
)

// CreateDataset makes an empty dataset.
func (s *Service) CreateDataset(ctx context.Context, d Dataset) (Dataset, error) {
	if err := errors.Join(checkName("evaluation dataset", d.Name), checkTags(d.Tags)); err != nil {
		return d, err
	}
	if err := s.experiments(ctx, d.ExperimentIDs); err != nil {
		return d, err
	}
	d.ID, d.Created = "d-"+ref.NewID(), s.now()
	d.Updated, d.CreatedBy, d.UpdatedBy = d.Created, d.Tags[userTag], d.Tags[userTag]
	_, err := s.opts.Ledger.Do(ctx, "evaluation.create", d.ID, func(*index.Tx) (any, error) { return d, nil })
	return d, err
}

func (s *Service) experiments(ctx context.Context, ids []string) error {
	if len(ids) > maxPairs {
		return errs.New(errs.TooLarge, "%d experiments in one call are over the limit of %d", len(ids), maxPairs)
	}
	for _, id := range ids {
		if err := s.opts.Experiment(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// Dataset returns one.
func (s *Service) Dataset(ctx context.Context, id string) (d Dataset, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		d, err = datasetByID(tx, id)
		return err
	})
	return d, err
}

func datasetByID(tx *index.Tx, id string) (d Dataset, err error) {
	var data string
	err = tx.QueryRow("SELECT data FROM evaluation_datasets WHERE id=?", id).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return d, errs.New(errs.NotFound, "Dataset '%.80s' not found", id)
	}
	if err == nil {
		err = json.Unmarshal([]byte(data), &d)
	}
	return d, err
}

// Datasets returns all of them.
func (s *Service) Datasets(ctx context.Context) ([]Dataset, error) {
	return rows[Dataset](ctx, s, "SELECT data FROM evaluation_datasets ORDER BY id")
}

func rows[T any](ctx context.Context, s *Service, query string, args ...any) ([]T, error) {
	return ledger.List[T](ctx, s.opts.Ledger, query, args...)
}

// Change changes tags and experiments of a dataset.
func (s *Service) Change(ctx context.Context, id string, c Change) (Dataset, error) {
	if err := checkTags(c.Tags); err != nil {
		return Dataset{}, err
	}
	if err := s.experiments(ctx, c.Join); err != nil {
		return Dataset{}, err
	}
	_, err := s.opts.Ledger.Do(ctx, "evaluation.change", id, func(tx *index.Tx) (any, error) {
		_, err := datasetByID(tx, id)
		return c, err
	})
	if err != nil {
		return Dataset{}, err
	}
	return s.Dataset(ctx, id)
}

// DeleteDataset removes a dataset with its records. One that is not there is gone already.
func (s *Service) DeleteDataset(ctx context.Context, id string) error {
	if _, err := s.Dataset(ctx, id); err != nil {
		if errs.Is(err, errs.NotFound) {
			return nil
		}
		return err
	}
	_, err := s.opts.Ledger.Do(ctx, "evaluation.delete", id, func(*index.Tx) (any, error) { return struct{}{}, nil })
	return err
}

// Merge adds records. One with the same inputs as a record that is there changes that one.
func (s *Service) Merge(ctx context.Context, id string, records []Record) (inserted, updated int, err error) {
	if len(records) > maxRecords {
		return 0, 0, errs.New(errs.TooLarge, "%d records in one call are over the limit of %d", len(records), maxRecords)
	}
	now := s.now()
	for i := range records {
		if err := checkTags(records[i].Tags); err != nil {
			return 0, 0, err
		}
		user := records[i].Tags[userTag]
		records[i].ID, records[i].Created, records[i].Updated, records[i].CreatedBy, records[i].UpdatedBy = "dr-"+ref.NewID(), now, now, user, user
	}
	_, err = s.opts.Ledger.Do(ctx, "evaluation.records", id, func(tx *index.Tx) (any, error) {
		if _, err := datasetByID(tx, id); err != nil {
			return nil, err
		}
		seen := map[string]bool{}
		for _, r := range records {
			key := r.key()
			_, err := recordByKey(tx, id, key)
			switch {
			case err == nil || seen[key]:
				updated++
			case errs.Is(err, errs.NotFound):
				inserted++
			default:
				return nil, err
			}
			seen[key] = true
		}
		return recordsRecord{records}, nil
	})
	return inserted, updated, err
}

// Records returns a page of a dataset's records, in the order in which they came.
func (s *Service) Records(ctx context.Context, id string, offset, limit int) ([]Record, error) {
	if _, err := s.Dataset(ctx, id); err != nil {
		return nil, err
	}
	return rows[Record](ctx, s, "SELECT data FROM evaluation_records WHERE dataset=? ORDER BY created, id LIMIT ? OFFSET ?", id, limit, offset)
}

// DeleteRecords removes records and says how many were there.
func (s *Service) DeleteRecords(ctx context.Context, id string, ids []string) (n int, err error) {
	_, err = s.opts.Ledger.Do(ctx, "evaluation.drop", id, func(tx *index.Tx) (any, error) {
		if _, err := datasetByID(tx, id); err != nil {
			return nil, err
		}
		list, err := json.Marshal(ids)
		if err != nil {
			return nil, err
		}
		err = tx.QueryRow("SELECT count(*) FROM evaluation_records WHERE dataset=? AND id IN (SELECT value FROM json_each(?))", id, string(list)).Scan(&n)
		return dropRecord{ids}, err
	})
	return n, err
}
