package dataset

import (
	"context"

	"rondo/backend/index"
)

// RemovedDatasets lists those that were removed and that Restore can bring back, by name.
func (s *Service) RemovedDatasets(ctx context.Context) ([]Dataset, error) {
	list := []Dataset{}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		names, err := index.Column[string](tx, "SELECT name FROM dataset_removed ORDER BY name")
		for _, name := range names {
			d, err := removedSet(tx, name)
			if err != nil {
				return err
			}
			list = append(list, d)
		}
		return err
	})
	return list, err
}

// removedSet is a removed dataset, with the number of all snapshots that it had.
func removedSet(tx *index.Tx, name string) (Dataset, error) {
	d := Dataset{Name: name}
	at, by, ids, err := removedRow(tx, name)
	if err != nil {
		return d, err
	}
	d.Removal = &Removal{at, by}
	err = tx.QueryRow(`SELECT path, description, (SELECT count(*) FROM dataset_snapshots WHERE `+notForgotten+`dataset=name)
		FROM dataset_sets WHERE name=?`, name).Scan(&d.Path, &d.Desc, &d.Count)
	d.Count += len(ids)
	return d, err
}
