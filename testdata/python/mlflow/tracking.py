"""What an ordinary training script does: experiments, runs, metrics, files, search.

It knows nothing of Rondo, and passes against `mlflow server` as well.
"""

import math
import os
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType

client = MlflowClient()


def experiments():
    made = client.create_experiment("bare", tags={"team": "rain"})
    found = client.get_experiment(made)
    assert found.name == "bare" and found.tags["team"] == "rain", found
    assert found.lifecycle_stage == "active" and found.artifact_location, found
    client.set_experiment_tag(made, "stage", "early")
    client.rename_experiment(made, "renamed")
    assert client.get_experiment_by_name("renamed").tags["stage"] == "early"
    assert client.get_experiment_by_name("bare") is None
    client.delete_experiment(made)
    gone = [e.name for e in client.search_experiments(view_type=ViewType.DELETED_ONLY)]
    assert gone == ["renamed"], gone
    client.restore_experiment(made)
    names = [e.name for e in client.search_experiments(order_by=["name ASC"])]
    assert names == ["Default", "renamed"], names
    liked = client.search_experiments(filter_string="name LIKE 'ren%' AND tags.team = 'rain'")
    assert [e.experiment_id for e in liked] == [made], liked
    first = client.search_experiments(max_results=1, order_by=["name"])
    second = client.search_experiments(max_results=1, order_by=["name"], page_token=first.token)
    assert [e.name for e in list(first) + list(second)] == names
    assert client.get_experiment("0").name == "Default"


def one_run():
    mlflow.set_experiment("flow")
    with mlflow.start_run(run_name="first", tags={"kind": "test"}, description="a *run*") as run:
        mlflow.log_param("alpha", 0.5)
        mlflow.log_params({"beta": 1, "solver": "lbfgs", "empty": ""})
        for step in range(5):
            mlflow.log_metric("loss", 1 / (step + 1), step=step)
        mlflow.log_metrics({"acc": 0.5, "f1": 0.25}, step=3)
        mlflow.set_tags({"a": "1", "b": "zwei ✓"})
        mlflow.set_tag("c", "drop")
        mlflow.delete_tag("c")
    got = client.get_run(run.info.run_id)
    assert got.info.run_name == "first" and got.info.status == "FINISHED", got.info
    assert got.info.end_time >= got.info.start_time > 0
    assert got.data.params == {"alpha": "0.5", "beta": "1", "solver": "lbfgs", "empty": ""}, got.data.params
    assert got.data.metrics == {"loss": 0.2, "acc": 0.5, "f1": 0.25}, got.data.metrics
    assert got.data.tags["b"] == "zwei ✓" and "c" not in got.data.tags, got.data.tags
    assert got.data.tags["mlflow.runName"] == "first" and got.data.tags["mlflow.note.content"] == "a *run*"
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [(m.step, m.value) for m in history] == [(i, 1 / (i + 1)) for i in range(5)], history
    client.update_run(run.info.run_id, name="again")
    assert client.get_run(run.info.run_id).info.run_name == "again"
    return run.info.run_id


def batches():
    with mlflow.start_run() as run:
        points = [Metric("big", float(i), 1_700_000_000_000 + i, i) for i in range(2500)]
        for at in range(0, len(points), 1000):
            client.log_batch(run.info.run_id, metrics=points[at : at + 1000])
        client.log_batch(
            run.info.run_id,
            metrics=[
                Metric("odd", math.nan, 1, 0),
                Metric("odd", math.inf, 2, 1),
                Metric("odd", -math.inf, 3, 2),
                Metric("nan", math.nan, 1, 0),
            ],
            params=[Param("p", "v")],
            tags=[RunTag("t", "w")],
        )
        mlflow.log_metric("nan.single", float("nan"))
        mlflow.log_metric("nested/key with space", 1.5)
        mlflow.log_metric("async", 1.0, synchronous=False)
        mlflow.flush_async_logging()
    got = client.get_run(run.info.run_id)
    assert got.data.metrics["big"] == 2499.0 and got.data.metrics["async"] == 1.0
    assert math.isnan(got.data.metrics["nan"]) and math.isnan(got.data.metrics["nan.single"])
    assert got.data.metrics["nested/key with space"] == 1.5
    assert len(client.get_metric_history(run.info.run_id, "big")) == 2500
    odd = [m.value for m in client.get_metric_history(run.info.run_id, "odd")]
    assert math.isnan(odd[0]) and odd[1] > 1.7e308 and odd[2] < -1.7e308, odd
    assert client.get_metric_history(run.info.run_id, "none") == []


def files(run_id):
    with tempfile.TemporaryDirectory() as tmp:
        base = Path(tmp, "in")
        (base / "sub" / "deep").mkdir(parents=True)
        (base / "a.txt").write_text("alpha")
        (base / "sub" / "ü name.bin").write_bytes(bytes(range(256)))
        (base / "sub" / "deep" / "part (1).csv").write_text("x,y\n1,2\n")
        with mlflow.start_run(run_id=run_id):
            mlflow.log_artifact(base / "a.txt")
            mlflow.log_artifact(base / "a.txt", "copy")
            mlflow.log_artifacts(base, "tree")
            mlflow.log_text("hello\n", "notes/hello.txt")
            mlflow.log_dict({"k": [1, 2]}, "conf.json")
            mlflow.log_dict({"k": [1, 2]}, "conf.yaml")
            mlflow.log_table({"q": ["a", "b"]}, "table.json")
        names = {f.path: (f.is_dir, f.file_size) for f in client.list_artifacts(run_id)}
        assert names["a.txt"] == (False, 5) and names["tree"] == (True, None), names
        tree = [f.path for f in client.list_artifacts(run_id, "tree/sub")]
        assert tree == ["tree/sub/deep", "tree/sub/ü name.bin"], tree
        assert client.list_artifacts(run_id, "nothing") == []
        local = client.download_artifacts(run_id, "tree", dst_path=tmp)
        assert Path(local, "sub", "ü name.bin").read_bytes() == bytes(range(256))
        assert Path(local, "sub", "deep", "part (1).csv").read_text() == "x,y\n1,2\n"
        whole = client.download_artifacts(run_id, "", dst_path=os.path.join(tmp, "out"))
        assert Path(whole, "notes", "hello.txt").read_text() == "hello\n"
        one = mlflow.artifacts.download_artifacts(f"runs:/{run_id}/conf.json", dst_path=tmp)
        assert mlflow.artifacts.load_dict(client.get_run(run_id).info.artifact_uri + "/conf.json") == {"k": [1, 2]}
        assert Path(one).name == "conf.json"


def search():
    made = client.create_experiment("search")
    ids = []
    for i in range(6):
        run = client.create_run(made, run_name=f"run-{i}", tags={"even": str(i % 2 == 0)}, start_time=1000 + i)
        client.log_metric(run.info.run_id, "m", i if i != 3 else math.nan)
        client.log_param(run.info.run_id, "opt", ["adam", "SGD"][i % 2])
        client.set_terminated(run.info.run_id, "FAILED" if i == 5 else "FINISHED")
        ids.append(run.info.run_id)

    def found(text, order=None, **more):
        return [r.info.run_name[-1] for r in client.search_runs([made], text, order_by=order, **more)]

    assert found("") == ["5", "4", "3", "2", "1", "0"], found("")
    assert found("metrics.m > 1.5", ["metrics.m DESC"]) == ["5", "4", "2"]
    assert found("", ["metrics.m ASC"]) == ["0", "1", "2", "4", "5", "3"], found("", ["metrics.m ASC"])
    assert found("params.opt = 'adam' and tags.even = 'True'", ["start_time ASC"]) == ["0", "2", "4"]
    assert found("params.opt ILIKE 'sgd'", ["start_time ASC"]) == ["1", "3", "5"]
    assert found("params.opt LIKE 'sgd'") == []
    assert found("attributes.status = 'FAILED'") == ["5"]
    assert found("run_name LIKE 'run-%' AND attributes.start_time < 1002", ["attributes.start_time"]) == ["0", "1"]
    assert found(f"run_id IN ('{ids[1]}', '{ids[2]}')", ["start_time ASC"]) == ["1", "2"]
    assert found('tags."even" != \'True\'', ["start_time ASC"]) == ["1", "3", "5"]
    seen, token = [], None
    while True:
        page = client.search_runs([made], max_results=4, order_by=["start_time ASC"], page_token=token)
        seen += [r.info.run_name[-1] for r in page]
        token = page.token
        if not token:
            break
    assert seen == list("012345"), seen
    frame = mlflow.search_runs([made], order_by=["start_time ASC"])
    assert list(frame["params.opt"]) == ["adam", "SGD"] * 3 and len(frame) == 6
    client.delete_run(ids[0])
    assert client.get_run(ids[0]).info.lifecycle_stage == "deleted"
    assert found("", run_view_type=ViewType.DELETED_ONLY) == ["0"]
    assert len(found("", run_view_type=ViewType.ALL)) == 6 and len(found("")) == 5
    client.restore_run(ids[0])
    assert len(found("")) == 6


def nested():
    with mlflow.start_run(run_name="parent") as parent:
        for i in range(2):
            with mlflow.start_run(run_name=f"child-{i}", nested=True):
                mlflow.log_metric("x", i)
    children = client.search_runs(
        [parent.info.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'", order_by=["metrics.x ASC"]
    )
    assert [c.info.run_name for c in children] == ["child-0", "child-1"], children
    assert mlflow.get_parent_run(children[0].info.run_id).info.run_id == parent.info.run_id


def datasets():
    import pandas as pd

    frame = pd.DataFrame({"temp": [1.0, 2.0], "wet": [0, 1]})
    data = mlflow.data.from_pandas(frame, source="data/weather.csv", name="weather", targets="wet")
    with mlflow.start_run() as run:
        mlflow.log_input(data, context="training", tags={"fold": "1"})
        mlflow.log_metric("rmse", 0.5, dataset=data)
        mlflow.log_input(data, context="eval")  # what an input was logged as it stays
    inputs = client.get_run(run.info.run_id).inputs.dataset_inputs
    assert len(inputs) == 1 and inputs[0].dataset.name == "weather", inputs
    assert inputs[0].dataset.digest == data.digest and "temp" in inputs[0].dataset.schema
    assert {t.key: t.value for t in inputs[0].tags} == {"mlflow.data.context": "training", "fold": "1"}
    hits = client.search_runs([run.info.experiment_id], "dataset.name = 'weather' AND dataset.context = 'training'")
    assert [r.info.run_id for r in hits] == [run.info.run_id], hits


experiments()
run_id = one_run()
batches()
files(run_id)
search()
nested()
datasets()
print("flow passed")
