package run

import (
	"database/sql"
	"encoding/binary"
	"errors"
	"maps"
	"slices"

	"rondo/backend/index"
)

// Params or tags that would take more than maxPacked bytes as one value have a row
// each, in run_params_apart or run_tags_apart: adding some to very many then costs what
// they cost, and not what is there. In place of the packed value stands their size, by
// which they come back when they become few again: how they are kept depends on nothing
// but what they are.

const maxPacked = 16 << 10

// packApart returns what stands in place of packed pairs: a key of no bytes, which no
// pair has, and the size that they would have.
func packApart(size int) []byte {
	return binary.AppendUvarint([]byte{0}, uint64(size))
}

// unpackApart reports whether a run's pairs have rows of their own, and their size.
func unpackApart(b []byte) (size int, apart bool) {
	if len(b) == 0 || b[0] != 0 {
		return 0, false
	}
	n, _ := binary.Uvarint(b[1:])
	return int(n), true
}

func packedSize(key, value string) int {
	n := len(key) + len(value)
	for _, s := range []string{key, value} {
		for l := len(s); l >= 0x80; l >>= 7 {
			n++
		}
		n++
	}
	return n
}

// apartPairs reads those of some keys.
func apartPairs(tx *index.Tx, column string, no int64, keys []string) (map[string]string, error) {
	some := map[string]string{}
	for _, k := range keys {
		var v string
		err := tx.QueryRow("SELECT value FROM run_"+column+"_apart WHERE run=? AND key=?", no, k).Scan(&v)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return nil, err
		}
		some[k] = v
	}
	return some, nil
}

// addApart sets some pairs, beside others that take size bytes.
func addApart(tx *index.Tx, column string, no int64, size int, pairs map[string]string) error {
	keys := slices.Sorted(maps.Keys(pairs))
	old, err := apartPairs(tx, column, no, keys)
	if err != nil {
		return err
	}
	for _, k := range keys {
		v := pairs[k]
		before, known := old[k]
		if known && before == v {
			continue
		}
		if size += packedSize(k, v); known {
			size -= packedSize(k, before)
		}
		if _, err := tx.Exec("INSERT INTO run_"+column+"_apart VALUES (?,?,?) ON CONFLICT DO UPDATE SET value=excluded.value", no, k, v); err != nil {
			return err
		}
	}
	return settleApart(tx, column, no, size)
}

func removeApart(tx *index.Tx, column string, no int64, size int, key string) error {
	old, err := apartPairs(tx, column, no, []string{key})
	if err != nil {
		return err
	}
	if v, known := old[key]; known {
		size -= packedSize(key, v)
	}
	if _, err := tx.Exec("DELETE FROM run_"+column+"_apart WHERE run=? AND key=?", no, key); err != nil {
		return err
	}
	return settleApart(tx, column, no, size)
}

// settleApart notes the size of a run's pairs, and packs them where they are few.
func settleApart(tx *index.Tx, column string, no int64, size int) error {
	if size > maxPacked {
		return setPacked(tx, column, no, packApart(size))
	}
	all := map[string]string{}
	err := eachApart(tx, column, []int64{no}, func(_ int64, k, v string) { all[k] = v })
	if err != nil {
		return err
	}
	if _, err := tx.Exec("DELETE FROM run_"+column+"_apart WHERE run=?", no); err != nil {
		return err
	}
	return setPacked(tx, column, no, packPairs(all))
}

// eachApart calls fn for the pairs that have rows of their own, of all runs or of some.
func eachApart(tx *index.Tx, column string, some []int64, fn func(no int64, key, value string)) error {
	where := ""
	if some != nil {
		where = " WHERE run" + amongIDs
	}
	return eachOf(tx, "SELECT run, key, value FROM run_"+column+"_apart"+where, some, func(rows *sql.Rows) error {
		var no int64
		var k, v string
		if err := rows.Scan(&no, &k, &v); err != nil {
			return err
		}
		fn(no, k, v)
		return nil
	})
}
