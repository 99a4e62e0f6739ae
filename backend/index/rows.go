package index

import (
	"database/sql"
	"encoding/json"
)

// Each runs fn on every row that the query finds.
func (tx *Tx) Each(fn func(*sql.Rows) error, query string, args ...any) error {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Column reads a query's one column.
func Column[T any](tx *Tx, query string, args ...any) (list []T, err error) {
	err = tx.Each(func(rows *sql.Rows) error {
		var v T
		err := rows.Scan(&v)
		list = append(list, v)
		return err
	}, query, args...)
	return list, err
}

// Records reads a query whose one column is JSON.
func Records[T any](tx *Tx, query string, args ...any) (list []T, err error) {
	err = tx.Each(func(rows *sql.Rows) error {
		var data []byte
		var v T
		if err := rows.Scan(&data); err != nil {
			return err
		}
		err := json.Unmarshal(data, &v)
		list = append(list, v)
		return err
	}, query, args...)
	return list, err
}
