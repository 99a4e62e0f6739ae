package mlflow_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// BenchmarkImportSQLite imports 200 runs of 50 metrics of 20 points, and then looks
// again for what is new.
func BenchmarkImportSQLite(b *testing.B) {
	const runs, metrics, points = 200, 50, 20
	at := filepath.Join(b.TempDir(), "mlflow.db")
	makeMany(b, at, runs, metrics, points)
	for b.Loop() {
		h := open(b)
		a := h.bring(b, at)
		if n := counts(a, "run"); n[0] != runs || a.Points != runs*metrics*points {
			b.Fatalf("came: %+v", a)
		}
		again := h.bring(b, at)
		b.ReportMetric(runs/a.Seconds, "runs/s")
		b.ReportMetric(float64(a.Points)/a.Seconds, "points/s")
		b.ReportMetric(again.Seconds, "s-to-look-again")
	}
}

// makeMany writes a database as MLflow 3.4 has it.
func makeMany(b *testing.B, at string, runs, metrics, points int) {
	b.Helper()
	schema, err := os.ReadFile("schema.sql")
	must(b, err)
	db, err := sql.Open("sqlite", "file:"+at+"?_pragma=synchronous(OFF)")
	must(b, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec(string(schema) + "INSERT INTO experiments VALUES (1,'many','./mlruns/1','active',1,1);")
	must(b, err)
	tx, err := db.Begin()
	must(b, err)
	point, err := tx.Prepare("INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?,?,?,?,?,0)")
	must(b, err)
	for r := range runs {
		id := runID(r)
		_, err := tx.Exec("INSERT INTO runs (run_uuid, name, source_type, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id) VALUES (?,?,'LOCAL','FINISHED',1,2,'active','',1)", id, fmt.Sprint("r", r))
		must(b, err)
		for k := range 10 {
			_, err := tx.Exec("INSERT INTO params VALUES (?,?,?)", fmt.Sprint("p", k), fmt.Sprint(k*r), id)
			must(b, err)
		}
		for k := range metrics {
			for s := range points {
				_, err := point.Exec(fmt.Sprint("m", k), float64(k+s)/float64(r+1), 1700000000000+s, id, s)
				must(b, err)
			}
		}
	}
	must(b, tx.Commit())
}
