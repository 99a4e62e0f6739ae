package run

import (
	"database/sql"
	"errors"
	"maps"

	"rondo/backend/index"
)

// numberOf returns the number by which the index keeps what belongs to a run.
func numberOf(tx *index.Tx, id string) (no int64, err error) {
	err = tx.QueryRow("SELECT no FROM run_runs WHERE id=?", id).Scan(&no)
	if errors.Is(err, sql.ErrNoRows) {
		err = notFound(id)
	}
	return no, err
}

// packedOf reads a run's packed value of a table; nil where there is none.
func packedOf(tx *index.Tx, table string, no int64) (b []byte, err error) {
	err = tx.QueryRow("SELECT data FROM "+table+" WHERE run=?", no).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return b, err
}

func setPacked(tx *index.Tx, table string, no int64, data []byte) error {
	_, err := tx.Exec("INSERT INTO "+table+" VALUES (?,?) ON CONFLICT DO UPDATE SET data=excluded.data", no, data)
	return err
}

// pairsOf reads the params or tags of a run.
func pairsOf(tx *index.Tx, table string, no int64) (map[string]string, error) {
	b, err := packedOf(tx, table, no)
	if err != nil {
		return nil, err
	}
	all := map[string]string{}
	return all, unpackPairs(b, all)
}

// addPairs sets some params or tags of a run.
func addPairs(tx *index.Tx, table string, no int64, pairs map[string]string) error {
	if len(pairs) == 0 {
		return nil
	}
	all, err := pairsOf(tx, table, no)
	if err != nil {
		return err
	}
	maps.Copy(all, pairs)
	return setPacked(tx, table, no, packPairs(all))
}
