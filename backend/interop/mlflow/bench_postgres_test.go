//go:build unix

package mlflow_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkImportPostgres imports as many runs as BenchmarkImportSQLite.
func BenchmarkImportPostgres(b *testing.B) {
	eachSize(b, func(b *testing.B, runs int) string {
		pg := startPostgres(b)
		db, err := sql.Open("pgx", strings.Replace(pg.address("right", "postgres"), "+psycopg2", "", 1))
		must(b, err)
		defer db.Close()
		schema := filepath.Join(b.TempDir(), "mlflow.db")
		makeMany(b, schema, 0, 0, 0)
		intoPostgres(b, schema, db)
		id := "lpad(to_hex(r+1), 32, '0')"
		for _, q := range []string{
			"INSERT INTO runs (run_uuid, name, source_type, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id) SELECT " + id + ", 'r'||r, 'LOCAL', 'FINISHED', 1, 2, 'active', '', 1 FROM generate_series(0, $1::int-1) r",
			"INSERT INTO params (key, value, run_uuid) SELECT 'p'||k, (k*r)::text, " + id + " FROM generate_series(0, $1::int-1) r, generate_series(0, 9) k",
			fmt.Sprintf("INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) SELECT 'm'||k, (k+s)::float8/(r+1), 1700000000000+s, "+id+", s, false FROM generate_series(0, $1::int-1) r, generate_series(0, %d) k, generate_series(0, %d) s", benchMetrics-1, benchPoints-1),
		} {
			_, err := db.Exec(q, runs)
			must(b, err)
		}
		for _, table := range []string{"metrics", "params"} { // as MLflow has them; without, each run reads the whole table
			_, err := db.Exec("CREATE INDEX ON " + table + " (run_uuid)")
			must(b, err)
		}
		return pg.address("right", "postgres")
	})
}
