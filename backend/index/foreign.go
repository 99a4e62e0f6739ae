package index

import (
	"database/sql"
	"net/url"
	"path/filepath"
)

// ReadForeign opens another program's SQLite database for reading alone. It takes the
// locks that readers take and writes nothing, neither to the file nor beside it; one in
// write-ahead mode must be a copy that nobody else has open.
func ReadForeign(path string) (*sql.DB, error) {
	return sql.Open("sqlite", fileURI(path)+"?mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)")
}

// MakeForeign opens a database that another program is to read later, for one writer.
func MakeForeign(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", fileURI(path)+"?_pragma=journal_mode(DELETE)&_pragma=synchronous(OFF)&_pragma=foreign_keys(0)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

func fileURI(path string) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()}).String()
}
