//go:build unix

package mlflow_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"rondo/backend/errs"
	"rondo/backend/interop/mlflow"
)

// cluster is a PostgreSQL of the test's own, which ends with it.
type cluster struct {
	bin, dir string
	port     int
	helpers  atomic.Int64 // processes that the server has started to answer a query
	as       *syscall.SysProcAttr
}

// startPostgres starts one, as another user where the test is root's, since PostgreSQL
// does not run as root.
func startPostgres(t testing.TB) *cluster {
	t.Helper()
	c := &cluster{}
	for _, dir := range append(binDirs(), filepath.SplitList(os.Getenv("PATH"))...) {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			c.bin = dir
			break
		}
	}
	if c.bin == "" {
		t.Skip("PostgreSQL is not installed on this machine: initdb is neither on the PATH nor below /usr/lib/postgresql")
	}
	var err error
	c.dir, err = os.MkdirTemp("", "rondo-pg-")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(c.dir) })
	if os.Geteuid() == 0 {
		c.asOther(t)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	c.port = l.Addr().(*net.TCPAddr).Port
	l.Close()
	write(t, c.dir, "password", "right\n")
	must(t, os.Chmod(filepath.Join(c.dir, "password"), 0o644))
	data := filepath.Join(c.dir, "data")
	out, err := c.command(t.Context(), "initdb", "-D", data, "-U", "ann", "--auth=scram-sha-256", "--pwfile="+filepath.Join(c.dir, "password"), "--no-sync", "--encoding=UTF8", "--locale=C").CombinedOutput()
	if err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	c.serve(t, data)
	return c
}

func binDirs() []string {
	list, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	return list
}

func (c *cluster) asOther(t testing.TB) {
	t.Helper()
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, e1 := strconv.Atoi(u.Uid)
		gid, e2 := strconv.Atoi(u.Gid)
		if e1 != nil || e2 != nil {
			continue
		}
		must(t, os.Chown(c.dir, uid, gid))
		c.as = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		return
	}
	t.Skip("PostgreSQL does not run as root, and this machine has neither the user postgres nor nobody")
}

func (c *cluster) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = c.dir, c.as
	return cmd
}

// serve starts the server and waits until it says that it is ready.
func (c *cluster) serve(t testing.TB, data string) {
	t.Helper()
	cmd := c.command(context.Background(), "postgres", "-D", data, "-k", c.dir, "-h", "127.0.0.1", "-p", strconv.Itoa(c.port), "-c", "fsync=off", "-c", "logging_collector=off",
		"-c", "log_min_messages=debug1", "-c", "parallel_setup_cost=0", "-c", "parallel_tuple_cost=0", "-c", "min_parallel_table_scan_size=0")
	out, err := cmd.StderrPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGINT) // a fast shutdown
		cmd.Wait()
	})
	late := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
	defer late.Stop()
	r, said := bufio.NewReader(out), ""
	for {
		line, err := r.ReadString('\n')
		if said += line; strings.Contains(line, "ready to accept connections") {
			break
		}
		if err != nil {
			t.Fatalf("PostgreSQL did not start: %s", said)
		}
	}
	go func() {
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			if strings.Contains(line, "starting background worker process \"parallel") {
				c.helpers.Add(1)
			}
		}
	}()
}

func (c *cluster) address(password, database string) string {
	return fmt.Sprintf("postgresql+psycopg2://ann:%s@127.0.0.1:%d/%s", password, c.port, database)
}

// inPostgres imports the same store out of PostgreSQL.
func inPostgres(t *testing.T, c *client, dir string, want map[string]any) {
	pg := startPostgres(t)
	db, err := sql.Open("pgx", strings.Replace(pg.address("right", "postgres"), "+psycopg2", "", 1))
	must(t, err)
	defer db.Close()
	h := open(t)
	bring := func(address string) (mlflow.Account, error) {
		return h.importer.Import(t.Context(), address, mlflow.Options{Roots: []string{dir + "/art"}}, nil)
	}
	if _, err := bring(pg.address("right", "postgres")); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "no database of MLflow") {
		t.Errorf("an empty database: %v", err)
	}
	intoPostgres(t, dir+"/mlflow.db", db)
	if _, err := bring(pg.address("wrong", "postgres")); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "password") || strings.Contains(err.Error(), "wrong") {
		t.Errorf("with a wrong password: %v", err)
	}
	if _, err := bring(pg.address("right", "nothing")); !errs.Is(err, errs.NotFound) {
		t.Errorf("a database that is not there: %v", err)
	}
	if _, err := bring("postgresql://ann:right@127.0.0.1:1/x"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("a server that is not there: %v", err)
	}
	before := pg.helpers.Load() // to make the tables
	a, err := bring(pg.address("right", "postgres"))
	must(t, err)
	if n := counts(a, "run"); n != [4]int{6, 0, 0, 0} || len(a.Left) != 0 {
		t.Errorf("came: %+v", a)
	}
	same(t, want, c.dump(t, h.url), keptStep...)
	if n := pg.helpers.Load() - before; n > 0 {
		t.Errorf("the server has started %d helpers for what one process answers sooner", n)
	}
	a, err = bring(pg.address("right", "postgres"))
	must(t, err)
	if n := counts(a, "run"); n != [4]int{0, 0, 6, 0} {
		t.Errorf("the second time: %+v", a)
	}
}

var postgresTypes = strings.NewReplacer("FLOAT", "DOUBLE PRECISION", "BLOB", "BYTEA", "DATETIME", "TIMESTAMP")

// intoPostgres copies MLflow's tables, with the types that MLflow gives them in PostgreSQL.
func intoPostgres(t testing.TB, from string, to *sql.DB) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+from)
	must(t, err)
	defer db.Close()
	tables, err := db.Query("SELECT name FROM sqlite_master WHERE type='table' AND name NOT LIKE 'sqlite%'")
	must(t, err)
	var names []string
	for tables.Next() {
		var n string
		must(t, tables.Scan(&n))
		names = append(names, n)
	}
	tables.Close()
	for _, n := range names {
		copyTable(t, db, to, n)
	}
}

func copyTable(t testing.TB, from, to *sql.DB, name string) {
	t.Helper()
	rows, err := from.Query("SELECT * FROM " + name)
	must(t, err)
	defer rows.Close()
	types, err := rows.ColumnTypes()
	must(t, err)
	var columns, marks []string
	for i, c := range types {
		columns = append(columns, fmt.Sprintf("%q %s", c.Name(), postgresTypes.Replace(orText(c.DatabaseTypeName()))))
		marks = append(marks, fmt.Sprintf("$%d", i+1))
	}
	_, err = to.Exec(fmt.Sprintf("CREATE TABLE %s (%s)", name, strings.Join(columns, ", ")))
	must(t, err)
	for rows.Next() {
		values := make([]any, len(types))
		into := make([]any, len(types))
		for i := range values {
			into[i] = &values[i]
		}
		must(t, rows.Scan(into...))
		for i, v := range values {
			if n, ok := v.(int64); ok && strings.HasPrefix(types[i].DatabaseTypeName(), "BOOL") {
				values[i] = n != 0
			}
		}
		if _, err := to.Exec(fmt.Sprintf("INSERT INTO %s VALUES (%s)", name, strings.Join(marks, ",")), values...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

func orText(s string) string {
	if s == "" {
		return "TEXT"
	}
	return s
}
