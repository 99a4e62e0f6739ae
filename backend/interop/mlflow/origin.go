package mlflow

import (
	"context"
	"encoding/json"

	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ledger"
	"rondo/backend/ref"
)

// origin remembers what came from where, so that doing it again brings only what is
// new or has changed.
type origin struct {
	Source    string `json:"source"` // About.ID
	Kind      string `json:"kind"`
	ID        string `json:"id"`                  // in the source
	Here      string `json:"here"`                // in the project
	Print     string `json:"print"`               // of all that the source said of it
	Lifecycle string `json:"lifecycle,omitempty"` // that it had there
	Seen      seen   `json:"seen,omitzero"`
}

// Index is the part of the index that remembers origins.
func Index() index.Noun {
	return index.Noun{
		Name: "mlflow",
		Schema: `CREATE TABLE mlflow_origins (source TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, here TEXT NOT NULL, print TEXT NOT NULL,
  lifecycle TEXT NOT NULL, seen TEXT NOT NULL, PRIMARY KEY (source, kind, id)) STRICT, WITHOUT ROWID;`,
		Tables: []string{"mlflow_origins"},
		Apply:  map[string]func(*index.Tx, journal.Record) error{"mlflow.came": applyCame},
	}
}

func applyCame(tx *index.Tx, rec journal.Record) error {
	var o origin
	if err := json.Unmarshal(rec.Data, &o); err != nil {
		return err
	}
	was, err := json.Marshal(o.Seen)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO mlflow_origins VALUES (?,?,?,?,?,?,?) ON CONFLICT DO UPDATE SET here=excluded.here, print=excluded.print, lifecycle=excluded.lifecycle, seen=excluded.seen`,
		o.Source, o.Kind, o.ID, o.Here, o.Print, o.Lifecycle, string(was))
	return err
}

type originKey struct{ kind, id string }

// origins are all that came from a source before.
func origins(ctx context.Context, l *ledger.Ledger, source string) (map[originKey]origin, error) {
	all := map[originKey]origin{}
	err := l.View(ctx, func(tx *index.Tx) error {
		rows, err := tx.Query("SELECT kind, id, here, print, lifecycle, seen FROM mlflow_origins WHERE source=?", source)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			o := origin{Source: source}
			var was string
			if err := rows.Scan(&o.Kind, &o.ID, &o.Here, &o.Print, &o.Lifecycle, &was); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(was), &o.Seen); err != nil {
				return err
			}
			all[originKey{o.Kind, o.ID}] = o
		}
		return rows.Err()
	})
	return all, err
}

// printOf is the same for things of which a source says the same.
func printOf(things ...any) string {
	b, err := json.Marshal(things)
	if err != nil {
		return "" // never equal to one that was kept
	}
	return ref.Of(b).String()
}
