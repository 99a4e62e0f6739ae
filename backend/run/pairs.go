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

// Columns of run_runs that hold a run's pairs packed. What is kept apart is in a table of
// its own, see apart.go.
const (
	paramsColumn = "params"
	tagsColumn   = "tags"
)

// packedOf reads a run's packed pairs.
func packedOf(tx *index.Tx, column string, no int64) (b []byte, err error) {
	err = tx.QueryRow("SELECT "+column+" FROM run_runs WHERE no=?", no).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return b, err
}

func setPacked(tx *index.Tx, column string, no int64, data []byte) error {
	_, err := tx.Exec("UPDATE run_runs SET "+column+"=? WHERE no=?", data, no)
	return err
}

// somePairs reads those of a run's params or tags that have one of some keys, which are sorted.
func somePairs(tx *index.Tx, column string, no int64, keys []string) (map[string]string, error) {
	b, err := packedOf(tx, column, no)
	if err != nil {
		return nil, err
	}
	if _, apart := unpackApart(b); apart {
		return apartPairs(tx, column, no, keys)
	}
	some := map[string]string{}
	return some, findPairs(b, keys, func(i int, v string) { some[keys[i]] = v })
}

// addPairs sets some params or tags of a run.
func addPairs(tx *index.Tx, column string, no int64, pairs map[string]string) error {
	if len(pairs) == 0 {
		return nil
	}
	b, err := packedOf(tx, column, no)
	if err != nil {
		return err
	}
	if size, apart := unpackApart(b); apart {
		return addApart(tx, column, no, size, pairs)
	}
	all := map[string]string{}
	if err := unpackPairs(b, all); err != nil {
		return err
	}
	maps.Copy(all, pairs)
	return storePairs(tx, column, no, all)
}

// storePairs stores all pairs of a run, which has none in rows of their own.
func storePairs(tx *index.Tx, column string, no int64, all map[string]string) error {
	data := packPairs(all)
	if len(data) > maxPacked {
		return addApart(tx, column, no, 0, all)
	}
	return setPacked(tx, column, no, data)
}

// removePair removes one of a run's pairs, which need not be there.
func removePair(tx *index.Tx, column string, no int64, key string) error {
	b, err := packedOf(tx, column, no)
	if err != nil {
		return err
	}
	if size, apart := unpackApart(b); apart {
		return removeApart(tx, column, no, size, key)
	}
	all := map[string]string{}
	if err := unpackPairs(b, all); err != nil {
		return err
	}
	delete(all, key)
	return setPacked(tx, column, no, packPairs(all))
}
