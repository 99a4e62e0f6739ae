"""Autologging of five libraries, whose models are loaded again; a long loop; models served; aliases; the command line.

It passes with the clients of MLflow 2.22 and 3.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import lightgbm
import mlflow
import numpy as np
import pandas as pd
import statsmodels.api
import xgboost
from mlflow import MlflowClient
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression

client = MlflowClient()
three = int(mlflow.__version__.split(".")[0]) >= 3
X, y = load_breast_cancer(return_X_y=True, as_frame=True)


def logged(run):
    return client.get_run(run.info.run_id).data


def boosting():
    mlflow.xgboost.autolog(silent=True)
    with mlflow.start_run(run_name="xgboost") as run:
        booster = xgboost.train({"max_depth": 2, "objective": "binary:logistic", "eval_metric": "logloss", "nthread": 1}, xgboost.DMatrix(X, y),
                                num_boost_round=12, evals=[(xgboost.DMatrix(X, y), "train")], verbose_eval=False)
    data = logged(run)
    assert data.params["max_depth"] == "2" and data.metrics["train-logloss"] < 0.5, data
    history = client.get_metric_history(run.info.run_id, "train-logloss")
    assert [m.step for m in sorted(history, key=lambda m: m.step)] == list(range(12))
    assert "feature_importance_weight.json" in [f.path for f in client.list_artifacts(run.info.run_id)]
    same(mlflow.xgboost, run, booster.predict(xgboost.DMatrix(X)), lambda m: m.predict(xgboost.DMatrix(X)))
    mlflow.xgboost.autolog(disable=True)

    mlflow.lightgbm.autolog(silent=True)
    with mlflow.start_run(run_name="lightgbm") as run:
        booster = lightgbm.train({"objective": "binary", "num_leaves": 5, "verbosity": -1, "num_threads": 1}, lightgbm.Dataset(X, y, free_raw_data=False),
                                 num_boost_round=12, valid_sets=[lightgbm.Dataset(X, y, free_raw_data=False)], valid_names=["train"])
    data = logged(run)
    assert data.params["num_leaves"] == "5" and data.metrics["train-binary_logloss"] < 0.5, data
    same(mlflow.lightgbm, run, booster.predict(X), lambda m: m.predict(X))
    mlflow.lightgbm.autolog(disable=True)


def statistics():
    mlflow.statsmodels.autolog(silent=True)
    with mlflow.start_run(run_name="statsmodels") as run:
        few = statsmodels.api.add_constant(X[["mean radius", "mean texture"]])
        result = statsmodels.api.OLS(y, few).fit()
    assert "model_summary.txt" in [f.path for f in client.list_artifacts(run.info.run_id)]
    assert logged(run).metrics, "no metrics"
    same(mlflow.statsmodels, run, result.predict(few), lambda m: m.predict(few))
    mlflow.statsmodels.autolog(disable=True)


def same(flavor, run, want, predict):
    """The model that autologging kept answers as the trained one."""
    address = f"runs:/{run.info.run_id}/model"
    if three:
        address = "models:/" + client.get_run(run.info.run_id).outputs.model_outputs[0].model_id
    assert np.allclose(predict(flavor.load_model(address)), want, atol=1e-5)


def called(name):
    """The argument that names a model, which has another name since MLflow 3."""
    return {"name" if three else "artifact_path": name, "pip_requirements": ["mlflow"]}  # spares the search for them


def forest():
    mlflow.sklearn.autolog(silent=True)
    with mlflow.start_run(run_name="sklearn") as run:
        model = LogisticRegression(max_iter=5000).fit(X, y)
    assert logged(run).params["max_iter"] == "5000" and logged(run).metrics["training_accuracy_score"] > 0.9
    same(mlflow.sklearn, run, model.predict(X), lambda m: m.predict(X))
    mlflow.sklearn.autolog(disable=True)


def network():
    """Keras on a backend that needs no processor of its own."""
    with mlflow.start_run(run_name="keras") as run:
        model = keras.Sequential([keras.Input((30,)), keras.layers.Dense(4, activation="relu"), keras.layers.Dense(1, activation="sigmoid")])
        model.compile(loss="binary_crossentropy", optimizer="adam")
        flavor = mlflow.keras if hasattr(mlflow, "keras") and hasattr(mlflow.keras, "autolog") else None
        if flavor:
            flavor.autolog(silent=True)
            model.fit(X.to_numpy(), y.to_numpy(), epochs=3, verbose=0)
            flavor.autolog(disable=True)
        else:
            for epoch, loss in enumerate(model.fit(X.to_numpy(), y.to_numpy(), epochs=3, verbose=0).history["loss"]):
                mlflow.log_metric("loss", loss, step=epoch)
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [m.step for m in sorted(history, key=lambda m: m.step)] == [0, 1, 2], history


def steps():
    recorded = "RONDO_ONE_PROCESS" in os.environ  # an exchange that is to be repeated has one order, and is short
    count = 100 if recorded else 10_000
    with mlflow.start_run(run_name="long") as run:
        for step in range(count):
            mlflow.log_metric("loss", 1 / (step + 1), step=step, synchronous=recorded)
        mlflow.flush_async_logging()
    history = client.get_metric_history(run.info.run_id, "loss")
    assert len(history) == count and logged(run).metrics["loss"] == 1 / count
    frame = mlflow.search_runs(experiment_names=["libraries"], filter_string=f"metrics.loss < {2 / count}")
    assert list(frame["tags.mlflow.runName"]) == ["long"] and isinstance(frame, pd.DataFrame)


def aliases():
    info = {}
    for version, c in (("1", 0.01), ("2", 1.0)):
        with mlflow.start_run():
            info[version] = mlflow.sklearn.log_model(LogisticRegression(C=c, max_iter=5000).fit(X, y), registered_model_name="cancer", **called("m"))
        client.set_registered_model_alias("cancer", "challenger" if version == "2" else "champion", version)
    assert mlflow.sklearn.load_model("models:/cancer@champion").C == 0.01
    client.set_registered_model_alias("cancer", "champion", client.get_model_version_by_alias("cancer", "challenger").version)
    client.delete_registered_model_alias("cancer", "challenger")
    assert mlflow.sklearn.load_model("models:/cancer@champion").C == 1.0
    assert client.get_registered_model("cancer").aliases == {"champion": "2"}


def served(address, want):
    """A model behind the client's own scoring server, which fetches it from the registry."""
    if "RONDO_ONE_PROCESS" in os.environ:
        return
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    said = tempfile.TemporaryFile()
    environment = dict(os.environ, PATH=os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"])  # it looks for uvicorn there
    server = subprocess.Popen([sys.executable, "-m", "mlflow", "models", "serve", "-m", address, "-p", str(port), "--env-manager", "local"],
                              stdout=said, stderr=said, start_new_session=True, env=environment)
    try:
        end = time.monotonic() + 300
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).read()
                break
            except (urllib.error.URLError, ConnectionError):
                if server.poll() is not None or time.monotonic() > end:
                    said.seek(0)
                    raise AssertionError(f"{address} is not served: {said.read().decode()[-3000:]}") from None
                time.sleep(0.2)
        body = json.dumps({"dataframe_split": X.head(5).to_dict(orient="split")}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", body, {"Content-Type": "application/json"})
        got = json.load(urllib.request.urlopen(request, timeout=60))["predictions"]
        assert np.allclose(np.ravel([list(p.values())[0] if isinstance(p, dict) else p for p in got] if isinstance(got, list) else got["label"]), want), got
    finally:
        if server.poll() is None:
            os.killpg(server.pid, 15)
        server.wait()


class Sum(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return np.asarray(model_input).sum(axis=1)


def models():
    """Models of four kinds: logged, registered, loaded and served."""
    import skl2onnx

    model = LogisticRegression(max_iter=5000).fit(X, y)
    want = model.predict(X)
    with mlflow.start_run():
        mlflow.sklearn.log_model(model, registered_model_name="by-sklearn", **called("sk"))
        mlflow.pyfunc.log_model(python_model=Sum(), registered_model_name="by-pyfunc", **called("own"))
        graph = skl2onnx.to_onnx(model, X.to_numpy().astype(np.float32)[:1], options={"zipmap": False}, target_opset=17)
        mlflow.onnx.log_model(graph, registered_model_name="by-onnx", **called("graph"))
    assert (mlflow.sklearn.load_model("models:/by-sklearn/1").predict(X) == want).all()
    assert np.allclose(mlflow.pyfunc.load_model("models:/by-pyfunc/1").predict(X), X.sum(axis=1))
    graph = mlflow.onnx.load_model("models:/by-onnx/1")
    assert graph.graph.node, "an empty graph"
    answer = mlflow.pyfunc.load_model("models:/by-onnx/1").predict(X.to_numpy().astype(np.float32))
    assert (np.ravel(answer["label"]) == want).all(), answer
    served("models:/by-sklearn/1", want[:5])
    served("models:/by-pyfunc/1", X.head(5).sum(axis=1))


def cli(*args):
    out = subprocess.run([sys.executable, "-m", "mlflow", *args], capture_output=True, text=True)
    assert out.returncode == 0, (args, out.stderr[-2000:])
    return out.stdout


def command_line():
    cli("experiments", "create", "-n", "by hand")
    exp = client.get_experiment_by_name("by hand").experiment_id
    assert "by hand" in cli("experiments", "search")
    run = client.create_run(exp, run_name="cli").info.run_id
    with tempfile.TemporaryDirectory() as d:
        with open(os.path.join(d, "note.txt"), "w") as f:
            f.write("hello")
        cli("artifacts", "log-artifact", "-l", f.name, "-r", run, "-a", "notes")
        assert "notes/note.txt" in cli("artifacts", "list", "-r", run, "-a", "notes")
        got = cli("artifacts", "download", "-r", run, "-a", "notes/note.txt", "-d", d).strip().splitlines()[-1]
        with open(got) as f:
            assert f.read() == "hello"
        with open(os.path.join(d, "in.json"), "w") as f:
            f.write(X.head(3).to_json(orient="split", index=False).join(['{"dataframe_split":', "}"]))
        out = cli("models", "predict", "-m", "models:/cancer@champion", "-i", f.name, "-t", "json", "--env-manager", "local")
        assert len(eval(out.strip().splitlines()[-1])["predictions"]) == 3, out
    assert run in cli("runs", "list", "--experiment-id", exp)
    assert '"run_id"' in cli("runs", "describe", "--run-id", run)
    cli("runs", "delete", "--run-id", run)
    assert client.get_run(run).info.lifecycle_stage == "deleted"
    cli("runs", "restore", "--run-id", run)
    assert client.get_run(run).info.lifecycle_stage == "active"


if __name__ == "__main__":
    mlflow.set_experiment("libraries")
    forest()
    boosting()
    statistics()
    network()
    steps()
    aliases()
    models()
    command_line()
    print("flow passed")
