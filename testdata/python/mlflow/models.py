"""Models from training to loading: autolog, log_model, registry, aliases, stages, loading by every address."""

import tempfile
import warnings
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression

client = MlflowClient()
rng = np.random.default_rng(7)
X = pd.DataFrame({"temp": rng.normal(10, 5, 80), "wind": rng.normal(3, 1, 80)})
y = (X["temp"] + X["wind"] > 13).astype(int)


def log_and_load():
    mlflow.set_experiment("models")
    model = LogisticRegression().fit(X, y)
    with mlflow.start_run() as run:
        info = mlflow.sklearn.log_model(
            model,
            name="classifier",
            signature=infer_signature(X, model.predict(X)),
            input_example=X.head(3),
            pip_requirements=["scikit-learn"],  # spares the search for them
            registered_model_name="m",
            params={"C": 1.0},
            tags={"from": "flow"},
        )
        mlflow.log_metric("acc", 0.9, model_id=info.model_id)
    want = model.predict(X)
    assert info.registered_model_version in (1, "1"), info.registered_model_version
    client.set_registered_model_alias("m", "champion", "1")
    addresses = ["models:/m/1", "models:/m@champion", "models:/m/latest", info.model_uri, f"runs:/{run.info.run_id}/classifier"]
    for address in addresses:
        loaded = mlflow.pyfunc.load_model(address)
        assert (loaded.predict(X) == want).all(), address
    assert loaded.metadata.signature.inputs.input_names() == ["temp", "wind"]
    assert (mlflow.sklearn.load_model("models:/m/1").predict(X) == want).all()

    logged = mlflow.get_logged_model(info.model_id)
    assert logged.name == "classifier" and logged.status.value == "READY", logged
    assert logged.params["C"] == "1.0" and logged.tags["from"] == "flow"
    assert [(m.key, m.value) for m in logged.metrics] == [("acc", 0.9)], logged.metrics
    client.set_logged_model_tags(info.model_id, {"x": "y"})
    client.delete_logged_model_tag(info.model_id, "from")
    assert mlflow.get_logged_model(info.model_id).tags["x"] == "y"
    assert "from" not in mlflow.get_logged_model(info.model_id).tags
    client.log_model_params(info.model_id, {"later": "1"})
    assert mlflow.get_logged_model(info.model_id).params["later"] == "1"
    hits = mlflow.search_logged_models([run.info.experiment_id], "name = 'classifier'", output_format="list")
    assert [h.model_id for h in hits] == [info.model_id], hits
    by_metric = client.search_logged_models([run.info.experiment_id], "metrics.acc > 0.5", order_by=[{"field_name": "creation_timestamp"}])
    assert [h.model_id for h in by_metric] == [info.model_id], by_metric
    got = client.get_run(run.info.run_id)
    assert [o.model_id for o in got.outputs.model_outputs] == [info.model_id], got.outputs
    files = {f.path for f in client.list_logged_model_artifacts(info.model_id)}
    assert {"MLmodel", "requirements.txt", "input_example.json"} <= files, files
    return info, run


def registry(info, run):
    version = client.get_model_version("m", "1")
    assert version.run_id == run.info.run_id and version.status == "READY", version
    assert version.aliases == ["champion"] and version.source == info.model_uri, version
    second = mlflow.register_model(f"runs:/{run.info.run_id}/classifier", "m", tags={"why": "again"})
    assert str(second.version) == "2" and second.tags == {"why": "again"}, second
    client.update_model_version("m", "2", description="the second")
    client.set_model_version_tag("m", "2", "k", "v")
    client.delete_model_version_tag("m", "2", "why")
    second = client.get_model_version("m", "2")
    assert second.description == "the second" and second.tags == {"k": "v"}, second

    client.update_registered_model("m", description="rain or not")
    client.set_registered_model_tag("m", "task", "classify")
    client.set_registered_model_tag("m", "drop", "1")
    client.delete_registered_model_tag("m", "drop")
    client.set_registered_model_alias("m", "challenger", "2")
    model = client.get_registered_model("m")
    assert model.description == "rain or not" and model.tags == {"task": "classify"}, model
    assert model.aliases == {"champion": "1", "challenger": "2"} or model.aliases == {"champion": 1, "challenger": 2}, model.aliases
    assert str(client.get_model_version_by_alias("m", "challenger").version) == "2"
    client.delete_registered_model_alias("m", "challenger")
    assert "challenger" not in client.get_registered_model("m").aliases

    client.create_registered_model("other", tags={"a": "b"}, description="empty")
    assert [r.name for r in client.search_registered_models("name LIKE 'o%'")] == ["other"]
    assert [r.name for r in client.search_registered_models("tags.task = 'classify'")] == ["m"]
    assert [r.name for r in client.search_registered_models(order_by=["name DESC"])] == ["other", "m"]
    first = client.search_registered_models(max_results=1)
    rest = client.search_registered_models(max_results=1, page_token=first.token)
    assert [r.name for r in list(first) + list(rest)] == ["m", "other"]
    assert [str(v.version) for v in client.search_model_versions("name='m'")] == ["2", "1"]
    assert [str(v.version) for v in client.search_model_versions(f"run_id='{run.info.run_id}'", order_by=["version_number ASC"])] == ["1", "2"]
    client.rename_registered_model("other", "renamed")
    client.rename_registered_model("m", "n")
    assert [(v.name, str(v.version)) for v in client.search_model_versions("name='n'")] == [("n", "2"), ("n", "1")]
    client.rename_registered_model("n", "m")
    client.delete_registered_model("renamed")
    assert [r.name for r in client.search_registered_models()] == ["m"]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        client.transition_model_version_stage("m", "1", "Production")
        client.transition_model_version_stage("m", "2", "Production", archive_existing_versions=True)
        assert client.get_model_version("m", "1").current_stage == "Archived"
        latest = client.get_latest_versions("m", stages=["Production"])
        assert [str(v.version) for v in latest] == ["2"], latest
        assert mlflow.pyfunc.load_model("models:/m/Production") is not None

    # a version keeps its content, whatever happens to the run it came from
    with tempfile.TemporaryDirectory() as tmp:
        before = Path(mlflow.artifacts.download_artifacts("models:/m/1", dst_path=tmp + "/a"), "MLmodel").read_text()
    assert "sklearn" in before and client.get_model_version_download_uri("m", "1")
    client.delete_model_version("m", "2")
    assert [str(v.version) for v in client.search_model_versions("name='m'")] == ["1"]
    third = client.create_model_version("m", info.model_uri, run.info.run_id, model_id=info.model_id)
    assert str(third.version) == "3", third


def autolog():
    mlflow.set_experiment("autolog")
    mlflow.sklearn.autolog(registered_model_name="auto")
    with mlflow.start_run() as run:
        LogisticRegression(C=0.5).fit(X, y)
    mlflow.sklearn.autolog(disable=True)
    got = client.get_run(run.info.run_id)
    assert got.data.params["C"] == "0.5" and got.data.metrics["training_score"] > 0.5, got.data
    assert got.inputs.dataset_inputs and got.outputs.model_outputs, got
    assert mlflow.pyfunc.load_model("models:/auto/1").predict(X).shape == (80,)


def custom():
    class Twice(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input: list[float]) -> list[float]:
            return [2 * v for v in model_input]

    info = mlflow.pyfunc.log_model(name="twice", python_model=Twice(), input_example=[1.0, 2.0], pip_requirements=["mlflow"])
    mlflow.end_run()
    assert mlflow.pyfunc.load_model(info.model_uri).predict([3.0]) == [6.0]
    mlflow.delete_logged_model(info.model_id) if hasattr(mlflow, "delete_logged_model") else client.delete_logged_model(info.model_id)


def measured():
    """Metrics of logged models on two datasets, at several steps: told whole, and to choose and to order by."""
    experiment = mlflow.set_experiment("measured").experiment_id
    train, test = (mlflow.data.from_pandas(X.head(n), name=name) for n, name in ((5, "train"), (6, "test")))
    with mlflow.start_run():
        ids = [mlflow.initialize_logged_model(name=f"net-{i}").model_id for i in range(3)]
        for i, model in enumerate(ids):
            for step in range(3):
                mlflow.log_metric("acc", 0.1 * step + 0.2 * i, step=step, timestamp=1_000 + step, model_id=model, dataset=train)
            mlflow.log_metric("acc", 0.9 - 0.2 * i, step=5, timestamp=2_000, model_id=model, dataset=test)
            client.finalize_logged_model(model, "READY")
    told = sorted((m.step, round(m.value, 3), m.dataset_name) for m in client.get_logged_model(ids[1]).metrics)
    assert told == [(0, 0.2, "train"), (1, 0.3, "train"), (2, 0.4, "train"), (5, 0.7, "test")], told

    def found(filter_string=None, **more):
        return [ids.index(m.model_id) for m in client.search_logged_models([experiment], filter_string, **more)]

    def by(dataset, ascending):
        return [{"field_name": "metrics.acc", "ascending": ascending, "dataset_name": dataset.name, "dataset_digest": dataset.digest}]

    def on(dataset):
        return [{"dataset_name": dataset.name, "dataset_digest": dataset.digest}]

    assert found(order_by=by(train, False)) == [2, 1, 0] and found(order_by=by(test, False)) == [0, 1, 2]
    assert found(order_by=by(train, True) + by(test, True)) == [0, 1, 2]
    assert found(order_by=[{"field_name": "metrics.acc", "ascending": True}]) == [2, 1, 0]
    assert found("metrics.acc > 0.55", datasets=on(test), order_by=by(test, True)) == [1, 0]
    assert found("metrics.acc > 0.55", datasets=on(train)) == [2]
    assert sorted(found(datasets=on(train))) == [0, 1, 2] and found(datasets=[{"dataset_name": "other"}]) == []


info, run = log_and_load()
registry(info, run)
measured()
autolog()
custom()
print("flow passed")
