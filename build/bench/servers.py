"""The servers that growth.py measures: Rondo, and mlflow with SQLite or PostgreSQL."""

import csv
import http.client
import io
import json
import os
import pwd
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time

from bench import answers, cpu, end, free_port, wait_for


class Server:
    """A server of MLflow's protocol."""

    def __init__(self, name, url, token=None):
        self.name, self.url, self.token = name, url, token
        self.conn = http.client.HTTPConnection(url.split("//")[1], timeout=600)

    def ask(self, method, path, body=None):
        head = {"Content-Type": "application/json"}
        if self.token:
            head["Authorization"] = "Bearer " + self.token
        self.conn.request(method, path, None if body is None else json.dumps(body), head)
        res = self.conn.getresponse()
        out = res.read()
        if res.status != 200:
            raise SystemExit(f"growth: {self.name}: {path}: {res.status} {out[:300]}")
        return out


class Rondo:
    """A project of its own, filled as files."""

    def __init__(self, exe, fill, work, *shape):
        self.exe, self.program, self.dir, self.home = exe, fill, work / "project", work / "home"
        self.env = dict(os.environ, RONDO_HOME=str(self.home), HOME=str(work), XDG_DATA_HOME=str(work / "data"))
        subprocess.run([exe, "init", str(self.dir)], env=self.env, check=True, capture_output=True)
        self.process, self.load = None, 0
        self.start()
        self.stop()
        if shape:
            self.fill(*shape)

    def fill(self, *shape):
        """Adds runs as files, and has the server take them in."""
        subprocess.run([self.program, "-project", str(self.dir), "-device", (self.home / "device").read_text().strip(), *shape], check=True)
        self.load += self.start(600)
        self.stop()

    def pids(self):
        return [self.process.pid]

    def start(self, patience=60):
        began = time.monotonic()
        self.process = subprocess.Popen([self.exe, "serve", "--project", str(self.dir), "--port", "-1", "--serving-port", "-1"],
                                        env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def there():
            for f in self.home.glob("*/server.json"):
                self.info = json.loads(f.read_text() or "{}")
                return self.info.get("process", {}).get("pid") == self.process.pid
        wait_for(there, "the server", patience)
        took = time.monotonic() - began
        self.server = Server("Rondo", self.info["url"], self.info["token"])
        return took

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Mlflow:
    """mlflow server with a database; it can be started again with other workers."""

    def __init__(self, work, kind):
        self.work, self.kind, self.postgres = work, kind, None
        self.env = dict(os.environ, PYTHONWARNINGS="ignore", MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false")  # its runners of jobs take processor time
        if kind == "SQLite":
            self.uri = f"sqlite:///{work}/mlflow.db"
        else:
            self.open_postgres()

    def open_postgres(self):
        """A cluster of its own. PostgreSQL refuses to be root, so another user owns it then."""
        as_user = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {}
        data, port = self.work / "pg", free_port()
        data.mkdir()
        if as_user:
            os.chown(data, pwd.getpwnam("nobody").pw_uid, -1)
            for d in [self.work, *self.work.parents]:
                if str(d).startswith(tempfile.gettempdir() + "/"):
                    d.chmod(0o755)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **as_user}
        subprocess.run(["initdb", "-A", "trust", "-U", "mlflow", "-D", str(data)], check=True, **quiet)
        self.postgres = subprocess.Popen(["postgres", "-D", str(data), "-p", str(port), "-k", str(data), "-c", "listen_addresses=127.0.0.1"], **quiet)
        wait_for(lambda: subprocess.run(["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "mlflow", "postgres", "-qc", "create database mlflow"],
                                        capture_output=True).returncode == 0, "postgres")
        self.uri = f"postgresql+psycopg2://mlflow@127.0.0.1:{port}/mlflow"

    def pids(self):
        return [p.pid for p in (self.process, self.postgres) if p]

    def start(self, workers):
        port = free_port()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", self.uri, "--artifacts-destination", str(self.work / "artifacts"),
             "--port", str(port), "--workers", str(workers)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.work, env=self.env)
        wait_for(lambda: answers(f"http://127.0.0.1:{port}/health"), "mlflow server", 240)
        self.settle()
        self.server = Server(f"{self.kind}, {workers} worker{'s' * (workers > 1)}", f"http://127.0.0.1:{port}")

    def settle(self):
        """Waits until all its processes have come up, so that none of that is measured."""
        for _ in range(40):
            before = cpu(self.process.pid)
            time.sleep(0.5)
            if cpu(self.process.pid) - before < 0.1:
                return

    def stop(self):
        end(self.process)

    def close(self):
        if self.postgres:
            self.postgres.terminate()
            self.postgres.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def fill(self, runs, metrics, params, tags, long):
        """Writes runs straight into the tables; logging them would take hours."""
        put, done = self.open_sqlite() if self.kind == "SQLite" else self.open_copy()
        no, now = (False if self.postgres else 0), int(time.time() * 1000)
        put("runs", "run_uuid,name,source_type,source_name,entry_point_name,user_id,status,start_time,end_time,source_version,lifecycle_stage,artifact_uri,experiment_id",
            ((run_id(i), f"run {i}", "LOCAL", "", "", "ann", "FINISHED", now + i * 1000, now + i * 1000 + 900, "", "active", f"mlflow-artifacts:/0/{run_id(i)}/artifacts", 0)
             for i in range(runs + 1)))
        for table in "metrics", "latest_metrics":
            random.seed(1)
            put(table, "key,value,timestamp,step,is_nan,run_uuid", ((f"m{k}", k + random.random(), now, 0, no, run_id(i)) for i in range(runs) for k in range(metrics)))
        put("params", "key,value,run_uuid", ((f"p{k}", f"value {i // 10 % (10 * (k + 1))}", run_id(i)) for i in range(runs) for k in range(params)))
        put("tags", "key,value,run_uuid", ((f"t{k}", f"value {i // 10 % (10 * (k + 1))}", run_id(i)) for i in range(runs) for k in range(tags)))
        put("metrics", "key,value,timestamp,step,is_nan,run_uuid", (("loss", random.random(), now + i, i, no, run_id(runs)) for i in range(long)))
        put("latest_metrics", "key,value,timestamp,step,is_nan,run_uuid", [("loss", 0.5, now + long, long - 1, no, run_id(runs))])
        done()

    def open_sqlite(self):
        db = sqlite3.connect(self.work / "mlflow.db")

        def put(table, columns, rows):
            db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({','.join('?' * (columns.count(',') + 1))})", rows)

        def done():
            db.commit()
            db.execute("ANALYZE")
            db.close()
        return put, done

    def open_copy(self):
        import psycopg2
        db = psycopg2.connect(self.uri.replace("+psycopg2", ""))
        cursor = db.cursor()

        def put(table, columns, rows):
            text = io.StringIO()
            csv.writer(text, quoting=csv.QUOTE_NONNUMERIC).writerows(rows)
            text.seek(0)
            cursor.copy_expert(f"COPY {table} ({columns}) FROM STDIN WITH CSV", text)

        def done():
            db.commit()
            db.autocommit = True
            cursor.execute("VACUUM ANALYZE")
            db.close()
        return put, done


def run_id(i):
    """The id that build/bench/fill gives the run with number i."""
    return f"{(i * 0x9e3779b97f4a7c15 + 1) % 2**64:032x}"
