"""Makes stores of every kind with the real client, and says what a store holds.

Commands on standard input, one a line, as JSON; answers on standard output, one a line:
  ["make", URI, ARTIFACT ROOT or null]   fills a store
  ["more", URI]                          adds to it: points to a run that goes on, a new run
  ["renamed", URI]                       renames what make made, and takes tags and an alias away
  ["old", PATH, REVISION]                a database as an older MLflow left it
  ["many", URI, RUNS, METRICS, POINTS]   runs for timing, written straight into a database
  ["dump", URI]                          all that the client says of it
"""

import hashlib
import json
import math
import os
import sqlite3
import sys
import tempfile

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow
import mlflow.data
from mlflow.entities import AssessmentSource, Dataset, DatasetInput, Feedback, InputTag, LoggedModelInput, LoggedModelOutput, Metric, Param, RunTag, ViewType
from mlflow.tracing.attachments import Attachment
from mlflow.tracking import MlflowClient

RUNS = [f"{n:032x}" for n in (1, 2, 3)]


def point_at(uri):
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    return MlflowClient(uri, uri)


def make(uri, root):
    c = point_at(uri)
    location = (lambda name: f"{root}/{name}") if root else (lambda name: None)
    first = c.create_experiment("first", location("first"), tags={"team": "a b", "umlaut": "größe ✓"})
    gone = c.create_experiment("gone", location("gone"))
    c.log_metric(c.create_run(first, start_time=1700000000000, run_name="plain").info.run_id, "loss", 1.5, 1700000000001, 0)

    parent = c.create_run(first, start_time=1700000001000, tags={"mlflow.user": "ann", "note": "x" * 7000}, run_name="parent").info.run_id
    ts = 1700000002000
    points = [Metric("acc", i / 10, ts + i, i) for i in range(25)]
    points += [Metric("acc", 0.77, ts + 3, 3), Metric("acc", 0.78, ts + 3, 3)]  # several at one step
    points += [Metric("odd", math.nan, ts, 0), Metric("odd", math.inf, ts, 1), Metric("odd", -math.inf, ts, 2), Metric("odd", 1e-300, ts, -5)]
    points += [Metric("deep/er/key", 3.25, ts, 9)]
    c.log_batch(parent, points, [Param("long", "p" * 6000), Param("empty", ""), Param("a/b", "1\n2")], [RunTag("t/slash", "v")])
    data = Dataset("iris", "abc123", "local", '{"uri": "iris.csv"}', '{"mlflow_colspec": []}', '{"num_rows": 3}')
    other = Dataset("wine", "def456", "http", '{"url": "http://x/wine.csv"}')
    c.log_inputs(parent, [DatasetInput(data, [InputTag("mlflow.data.context", "training")]), DatasetInput(other, [])])
    c.log_text(parent, "hello\n", "notes/a.txt")
    c.log_text(parent, "ä" * 100, "notes/sub/ünï cödé.txt")
    c.log_dict(parent, {"k": [1, 2]}, "d.json")
    c.set_terminated(parent, "FINISHED", end_time=1700000003000)

    child = c.create_run(first, start_time=1700000004000, tags={"mlflow.parentRunId": parent}, run_name="child").info.run_id
    c.set_terminated(child, "FAILED", end_time=1700000005000)
    dropped = c.create_run(first, start_time=1700000006000, run_name="dropped").info.run_id
    c.log_param(dropped, "p", "1")
    c.log_text(dropped, "still here", "kept.txt")
    c.set_terminated(dropped, "KILLED")
    c.delete_run(dropped)
    inside = c.create_run(gone, start_time=1700000007000, run_name="inside").info.run_id
    c.log_metric(inside, "m", 2.0, ts, 1)
    c.set_terminated(inside)
    models(c, first, parent)
    registry(c, parent)
    traces(c, first, parent)
    if not uri.startswith("file:"):
        evaluation(c, first)
    c.delete_experiment(gone)


def models(c, experiment, run_id):
    m = c.create_logged_model(experiment, "clf", source_run_id=run_id, tags={"stage": "dev"}, params={"depth": "3"}, model_type="Classifier")
    with tempfile.TemporaryDirectory() as d:
        for name, text in {"MLmodel": "flavors:\n  python_function:\n    loader_module: x\n", "model.pkl": "not a pickle", "sub/w.bin": "w"}.items():
            os.makedirs(os.path.dirname(os.path.join(d, name)), exist_ok=True)
            with open(os.path.join(d, name), "w") as f:
                f.write(text)
        c.log_model_artifacts(m.model_id, d)
        c.log_artifacts(run_id, d, "model")
    c.finalize_logged_model(m.model_id, "READY")
    c.log_outputs(run_id, [LoggedModelOutput(m.model_id, 4)])
    c.log_metric(run_id, "f1", 0.5, 1700000002500, 1, model_id=m.model_id, dataset_name="iris", dataset_digest="abc123")
    c.log_metric(run_id, "f1", 0.75, 1700000002600, 2, model_id=m.model_id)
    user = c.create_run(experiment, start_time=1700000008000, run_name="user").info.run_id
    c.log_inputs(user, models=[LoggedModelInput(m.model_id)])
    c.set_terminated(user)
    c.create_logged_model(experiment, "pending", source_run_id=run_id)
    return m


def registry(c, run_id):
    c.create_registered_model("clf model", {"owner": "ann"}, "what it is")
    m = next(m for m in c.search_logged_models([c.get_run(run_id).info.experiment_id]) if m.name == "clf")
    artifacts = c.get_run(run_id).info.artifact_uri
    c.create_model_version("clf model", artifacts + "/model", run_id, tags={"a": "1"}, description="one")
    c.create_model_version("clf model", artifacts + "/model", run_id)
    c.create_model_version("clf model", f"models:/{m.model_id}", run_id, model_id=m.model_id)
    c.create_model_version("clf model", artifacts + "/nothing", run_id, description="has no files")
    c.delete_model_version("clf model", "2")
    c.transition_model_version_stage("clf model", "1", "Production")
    c.set_registered_model_alias("clf model", "champion", "3")
    c.create_registered_model("copied")
    c.copy_model_version("models:/clf model/1", "copied")
    p = c.register_prompt("greet", "Hello {{name}}", commit_message="first", tags={"lang": "en"})
    c.register_prompt("greet", "Hi {{name}}!")
    c.set_prompt_alias("greet", "live", p.version)


def traces(c, experiment, run_id):
    mlflow.set_experiment(experiment_id=experiment)
    with mlflow.start_run(run_id=run_id):
        with mlflow.start_span("root", span_type="CHAIN", attributes={"n": 1, "list": [1, 2.5, None], "text": "ü"}) as root:
            root.set_inputs({"q": "why"})
            with mlflow.start_span("inner", span_type="LLM") as inner:
                inner.set_inputs({"picture": Attachment(content_type="image/png", content_bytes=bytes(range(256)))})
                inner.set_outputs({"a": "because", "nan": 1.5})
            root.set_outputs("because")
    with mlflow.start_span("broken") as b:
        b.set_status("ERROR")
    mlflow.flush_trace_async_logging()
    t = next(t for t in mlflow.search_traces(locations=[experiment], return_type="list") if t.data.spans[0].name == "root")
    c.set_trace_tag(t.info.trace_id, "seen", "yes")
    who = AssessmentSource("HUMAN", "ann")
    a = mlflow.log_feedback(trace_id=t.info.trace_id, name="good", value=True, rationale="short", source=who, metadata={"k": "v"})
    mlflow.log_expectation(trace_id=t.info.trace_id, name="answer", value={"a": [1, "b"]}, source=who)
    mlflow.override_feedback(trace_id=t.info.trace_id, assessment_id=a.assessment_id, value=False, source=who)


def evaluation(c, experiment):
    d = mlflow.genai.datasets.create_dataset(name="questions", experiment_id=[experiment], tags={"v": "1"})
    d.merge_records([
        {"inputs": {"q": "why ✓"}, "expectations": {"a": "because"}, "tags": {"t": "1"}},
        {"inputs": {"q": "how", "n": 3}, "outputs": {"text": "so"}, "expectations": {"a": 1.5}},
    ])


def more(uri):
    c = point_at(uri)
    e = c.get_experiment_by_name("first")
    plain = next(r for r in c.search_runs([e.experiment_id]) if r.info.run_name == "plain")
    c.log_metric(plain.info.run_id, "loss", 0.5, 1700000000002, 1)
    c.log_text(plain.info.run_id, "later", "later.txt")
    c.set_terminated(plain.info.run_id, end_time=1700000000003)
    c.create_run(e.experiment_id, start_time=1700000009000, run_name="newer")
    c.create_model_version("clf model", plain.info.artifact_uri, plain.info.run_id)
    c.set_registered_model_alias("clf model", "champion", "1")


def renamed(uri):
    c = point_at(uri)
    e = c.get_experiment_by_name("first")
    c.rename_experiment(e.experiment_id, "first again")
    if not uri.startswith("file:"):
        c.delete_experiment_tag(e.experiment_id, "team")
    parent = next(r for r in c.search_runs([e.experiment_id]) if r.info.run_name == "parent")
    c.delete_tag(parent.info.run_id, "t/slash")
    c.update_run(parent.info.run_id, name="parent again")
    clf = next(m for m in c.search_logged_models([e.experiment_id]) if m.name == "clf")
    c.delete_logged_model_tag(clf.model_id, "stage")
    t = next(t for t in mlflow.search_traces(locations=[e.experiment_id], return_type="list") if "seen" in t.info.tags)
    c.delete_trace_tag(t.info.trace_id, "seen")
    c.delete_model_version_tag("clf model", "1", "a")
    c.delete_registered_model_tag("clf model", "owner")
    c.delete_registered_model_alias("clf model", "champion")
    c.rename_registered_model("clf model", "clf again")


def old(path, revision):
    import sqlalchemy
    from alembic import command
    from mlflow.store.db import utils
    from mlflow.store.tracking.dbmodels.initial_models import Base

    url = "sqlite:///" + path
    engine = sqlalchemy.create_engine(url)
    Base.metadata.create_all(engine)
    config = utils._get_alembic_config(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
    engine.dispose()
    db = sqlite3.connect(path)
    has = {t for (t,) in db.execute("SELECT name FROM sqlite_master")}
    root = os.path.join(os.path.dirname(path), "mlruns")
    run = os.path.join(root, "1", RUNS[0], "artifacts")
    os.makedirs(run)
    with open(os.path.join(run, "a.txt"), "w") as f:
        f.write("old")
    add = lambda table, **row: db.execute(f"INSERT INTO {table} ({','.join(row)}) VALUES ({','.join('?' * len(row))})", list(row.values()))
    add("experiments", experiment_id=0, name="Default", artifact_location=root + "/0", lifecycle_stage="active")
    add("experiments", experiment_id=1, name="old", artifact_location=root + "/1", lifecycle_stage="active")
    add("runs", run_uuid=RUNS[0], name="" if "metrics" not in has else "old run", source_type="LOCAL", user_id="ann", status="FINISHED", start_time=1500000000000, end_time=1500000001000,
        lifecycle_stage="active", artifact_uri=run, experiment_id=1)
    add("metrics", key="m", value=0.25, timestamp=1500000000500, run_uuid=RUNS[0])
    add("params", key="p", value="v", run_uuid=RUNS[0])
    add("tags", key="t", value="w", run_uuid=RUNS[0])
    if "trace_info" in has:
        add("trace_info", request_id="a" * 32, experiment_id=1, timestamp_ms=1500000000600, execution_time_ms=12, status="OK")
        at = os.path.join(root, "1", "traces", "a" * 32, "artifacts")
        add("trace_tags", key="mlflow.artifactLocation", value=at, request_id="a" * 32)
        os.makedirs(at)
        with open(os.path.join(at, "traces.json"), "w") as f:
            json.dump({"spans": [{"name": "two", "context": {"span_id": "0x1f", "trace_id": "0x" + "b" * 32}, "parent_id": None, "start_time": 1500000000600000000, "end_time": 1500000000612000000,
                "status_code": "OK", "status_message": "", "attributes": {"mlflow.traceRequestId": '"' + "a" * 32 + '"', "x": "NaN"}, "events": [{"name": "e", "timestamp": 1500000000601000, "attributes": {"k": 1}}]}]}, f)
    db.commit()
    db.close()


def many(uri, runs, metrics, points):
    c = point_at(uri)
    e = c.create_experiment("many")
    db = sqlite3.connect(uri.removeprefix("sqlite:///"))
    for r in range(runs):
        run = f"{r + 1000:032x}"
        db.execute("INSERT INTO runs (run_uuid, name, source_type, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id) VALUES (?,?,'LOCAL','FINISHED',?,?,'active',?,?)",
                   (run, f"r{r}", 1700000000000 + r, 1700000000001 + r, f"./mlruns/{e}/{run}/artifacts", e))
        db.executemany("INSERT INTO params VALUES (?,?,?)", [(f"p{i}", str(i * r), run) for i in range(10)])
        db.executemany("INSERT INTO metrics (key, value, timestamp, step, is_nan, run_uuid) VALUES (?,?,?,?,0,?)",
                       [(f"m{k}", (k + s) / (r + 1), 1700000000000 + s, s, run) for k in range(metrics) for s in range(points)])
    db.commit()
    db.close()


def number(x):
    return repr(float(x))


def tree(read, owner):
    with tempfile.TemporaryDirectory() as d:
        try:
            root = read(d)
        except Exception as e:  # nothing there
            return {}
        out = {}
        for folder, _, names in os.walk(root):
            for n in names:
                at = os.path.join(folder, n)
                with open(at, "rb") as f:
                    out[os.path.relpath(at, root)] = hashlib.sha256(f.read()).hexdigest()
        return out


def without(tags, *keys):
    return {k: v for k, v in sorted((tags or {}).items()) if k not in keys}


def dump_run(c, r, names):
    r = c.get_run(r.info.run_id)  # a search leaves out the models that went in
    i, d = r.info, r.data
    return {
        "name": i.run_name, "experiment": names[i.experiment_id], "status": i.status, "start": i.start_time, "end": i.end_time, "lifecycle": i.lifecycle_stage, "user": i.user_id,
        "params": d.params, "tags": without(d.tags, "mlflow.user") if not d.tags.get("mlflow.user") == i.user_id else without(d.tags), "metrics": {k: number(v) for k, v in sorted(d.metrics.items())},
        "history": {k: sorted([m.step, m.timestamp, number(m.value)] for m in c.get_metric_history(i.run_id, k)) for k in sorted(d.metrics)},
        "inputs": sorted([x.dataset.name, x.dataset.digest, x.dataset.source_type, x.dataset.source, x.dataset.schema or "", x.dataset.profile or "", sorted([t.key, t.value] for t in x.tags)] for x in r.inputs.dataset_inputs),
        "model inputs": sorted(x.model_id for x in r.inputs.model_inputs or []), "outputs": sorted([x.model_id, x.step] for x in (r.outputs.model_outputs if r.outputs else [])),
        "files": tree(lambda to: mlflow.artifacts.download_artifacts(run_id=i.run_id, dst_path=to), i.run_id),
    }


def dump_model(m):
    return {
        "name": m.name, "type": m.model_type or "", "run": m.source_run_id, "status": str(m.status), "created": m.creation_timestamp, "updated": m.last_updated_timestamp, "params": m.params,
        "tags": without(m.tags), "metrics": sorted([x.key, x.step, x.timestamp, number(x.value), x.dataset_name or "", x.run_id] for x in m.metrics or []),
        "files": tree(lambda to: mlflow.artifacts.download_artifacts(f"models:/{m.model_id}", dst_path=to), m.model_id),
    }


def dump_version(c, v):
    return {
        "created": v.creation_timestamp, "updated": v.last_updated_timestamp, "description": v.description or "", "stage": v.current_stage, "run": v.run_id or "", "status": v.status, "tags": without(v.tags),
        "files": tree(lambda to: mlflow.artifacts.download_artifacts(f"models:/{v.name}/{v.version}", dst_path=to), v.name) if "mlflow.prompt.text" not in v.tags else {},
    }


def attached(c, t):
    """The files that the spans of a trace speak of, by their digests."""
    out = {}
    for s in t.data.spans:
        for v in (s.inputs or {}).values() if isinstance(s.inputs, dict) else []:
            if isinstance(v, str) and (ref := Attachment.parse_ref(v)):
                content = c._tracing_client._get_artifact_repo_for_trace(t.info).download_trace_attachment(ref["attachment_id"])
                out[ref["attachment_id"]] = hashlib.sha256(content).hexdigest()
    return out


def dump_trace(c, t):
    i = t.info
    return {
        "attached": attached(c, t),
        "time": i.request_time, "duration": i.execution_duration, "state": str(i.state), "client": i.client_request_id, "request": i.request_preview, "response": i.response_preview,
        "metadata": without(i.trace_metadata), "tags": without(i.tags, "mlflow.artifactLocation", "mlflow.trace.spansLocation"),
        "spans": [s.to_dict() for s in sorted(t.data.spans, key=lambda s: s.span_id)],
        "assessments": [without(a.to_dictionary(), *(["valid"] if a.expectation else [])) for a in sorted(i.assessments, key=lambda a: a.assessment_id)],
    }


def dump(uri):
    c = point_at(uri)
    experiments = c.search_experiments(ViewType.ALL)
    names = {e.experiment_id: e.name for e in experiments}
    out = {"experiments": {}, "runs": {}, "logged": {}, "models": {}, "versions": {}, "traces": {}, "datasets": {}}
    for e in experiments:
        out["experiments"][e.name] = {"tags": e.tags, "lifecycle": e.lifecycle_stage, "created": e.creation_time if e.name != "Default" else 0, "updated": e.last_update_time if e.name != "Default" else 0}
        for r in c.search_runs([e.experiment_id], run_view_type=ViewType.ALL, max_results=10000):
            out["runs"][r.info.run_id] = dump_run(c, r, names)
        for m in c.search_logged_models([e.experiment_id]):
            out["logged"][m.model_id] = dump_model(m)
        if e.lifecycle_stage == "active":
            for t in mlflow.search_traces(locations=[e.experiment_id], return_type="list"):
                out["traces"][t.info.trace_id] = dump_trace(c, t)
    prompts = c.search_registered_models("tags.`mlflow.prompt.is_prompt` = 'true'")
    for m in list(c.search_registered_models()) + list(prompts):
        out["models"][m.name] = {"description": m.description or "", "tags": without(m.tags), "aliases": {a: str(n) for a, n in m.aliases.items()}, "created": m.creation_timestamp}
        only = f"name='{m.name}'" + (" AND tags.`mlflow.prompt.is_prompt` = 'true'" if m in prompts else "")
        for v in c.search_model_versions(only):
            out["versions"][f"{m.name} {v.version}"] = dump_version(c, v)
    if not uri.startswith("file:"):
        for d in mlflow.genai.datasets.search_datasets():
            records = d.to_df().to_dict("records")
            out["datasets"][d.dataset_id] = {"name": d.name, "tags": d.tags, "created": d.created_time, "records": sorted([r["dataset_record_id"], json.dumps(r["inputs"], sort_keys=True), json.dumps(r["outputs"], sort_keys=True), json.dumps(r["expectations"], sort_keys=True), json.dumps(r["tags"], sort_keys=True)] for r in records)}
    return out


for line in sys.stdin:
    command, *args = json.loads(line)
    answer = {"make": make, "more": more, "renamed": renamed, "old": old, "many": many, "dump": dump}[command](*args)
    print("answer " + json.dumps(answer, sort_keys=True, default=str), flush=True)
