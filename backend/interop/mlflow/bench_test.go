package mlflow_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What the benchmarks import: runs of 50 metrics of 20 points.
const benchMetrics, benchPoints = 50, 20

// BenchmarkImportSQLite imports runs, and then looks again for what is new. Ten times the
// runs must take ten times the time.
func BenchmarkImportSQLite(b *testing.B) {
	eachSize(b, func(b *testing.B, runs int) (source string) {
		source = filepath.Join(b.TempDir(), "mlflow.db")
		makeMany(b, source, runs, benchMetrics, benchPoints)
		return source
	})
}

// BenchmarkImportFiles imports as many runs from a file store.
func BenchmarkImportFiles(b *testing.B) {
	eachSize(b, func(b *testing.B, runs int) (source string) {
		source = b.TempDir()
		write(b, source, "1/meta.yaml", "experiment_id: '1'\nlifecycle_stage: active\nname: many\n")
		for r := range runs {
			at := "1/" + runID(r) + "/"
			write(b, source, at+"meta.yaml", fmt.Sprintf("end_time: 2\nexperiment_id: '1'\nlifecycle_stage: active\nrun_id: %s\nrun_name: r%d\nstart_time: 1\nstatus: 3\n", runID(r), r))
			for k := range 10 {
				write(b, source, fmt.Sprint(at, "params/p", k), fmt.Sprint(k*r))
			}
			for k := range benchMetrics {
				var lines strings.Builder
				for s := range benchPoints {
					fmt.Fprintf(&lines, "%d %g %d\n", 1700000000000+s, float64(k+s)/float64(r+1), s)
				}
				write(b, source, fmt.Sprint(at, "metrics/m", k), lines.String())
			}
		}
		return source
	})
}

func eachSize(b *testing.B, source func(*testing.B, int) string) {
	for _, runs := range []int{200, 2000} {
		b.Run(fmt.Sprint(runs), func(b *testing.B) {
			from := source(b, runs)
			for b.Loop() {
				h := open(b)
				a := h.bring(b, from)
				if n := counts(a, "run"); n[0] != runs || a.Points != int64(runs*benchMetrics*benchPoints) {
					b.Fatalf("came: %+v", a)
				}
				again := h.bring(b, from)
				if n := counts(again, "run"); n[2] != runs {
					b.Fatalf("came again: %+v", again)
				}
				b.ReportMetric(float64(runs)/a.Seconds, "runs/s")
				b.ReportMetric(float64(a.Points)/a.Seconds, "points/s")
				b.ReportMetric(again.Seconds, "s-to-look-again")
			}
		})
	}
}

// makeMany writes a database as MLflow 3.4 has it. Its points go into two indexes at
// random, which with SQLite's own cache of 2 MB never ends for a million of them.
func makeMany(b *testing.B, at string, runs, metrics, points int) {
	b.Helper()
	schema, err := os.ReadFile("schema.sql")
	must(b, err)
	db, err := sql.Open("sqlite", "file:"+at+"?_pragma=synchronous(OFF)&_pragma=journal_mode(OFF)&_pragma=cache_size(-1000000)")
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
