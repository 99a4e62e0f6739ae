"""Autologging of scikit-learn, with nested runs of a search, resumed runs and parallel processes."""

import multiprocessing
import os
import sys

import mlflow
import numpy as np
from mlflow import MlflowClient
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV

client = MlflowClient()


def child(run_id, n):
    for step in range(5):
        client.log_metric(run_id, f"worker_{n}", step * n, step=step)
    client.log_param(run_id, f"param_{n}", n)


def main():
    mlflow.set_experiment("autolog-flow")
    mlflow.sklearn.autolog(log_models=True, max_tuning_runs=3, silent=True)
    X, y = load_iris(return_X_y=True)
    with mlflow.start_run(run_name="plain") as run:
        model = LogisticRegression(max_iter=200).fit(X, y)
        model.score(X, y)
    data = client.get_run(run.info.run_id).data
    assert data.params["max_iter"] == "200" and data.metrics["training_accuracy_score"] > 0.9, data
    assert data.tags["estimator_name"] == "LogisticRegression"

    with mlflow.start_run(run_name="search") as parent:
        GridSearchCV(LogisticRegression(max_iter=200), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(X, y)
    children = client.search_runs([parent.info.experiment_id], f"tags.mlflow.parentRunId = '{parent.info.run_id}'")
    assert len(children) == 3, [c.info.run_name for c in children]
    mlflow.sklearn.autolog(disable=True)

    with mlflow.start_run(run_id=run.info.run_id):
        mlflow.log_metric("later", 1.0)
    assert client.get_run(run.info.run_id).info.status == "FINISHED"

    shared = client.create_run(parent.info.experiment_id, run_name="shared").info.run_id
    if "RONDO_ONE_PROCESS" in os.environ:  # an exchange that is to be repeated has one order
        for n in (1, 2):
            child(shared, n)
    else:
        workers = [multiprocessing.Process(target=child, args=(shared, n)) for n in (1, 2)]
        for w in workers:
            w.start()
        for w in workers:
            w.join()
            assert w.exitcode == 0
    data = client.get_run(shared).data
    assert data.params == {"param_1": "1", "param_2": "2"} and data.metrics == {"worker_1": 4, "worker_2": 8}, data
    client.set_terminated(shared)

    with mlflow.start_run(run_name="steps") as run:
        for step in range(200):
            mlflow.log_metric("loss", 1 / (step + 1), step=step, synchronous="RONDO_ONE_PROCESS" in os.environ)
        mlflow.flush_async_logging()
    history = client.get_metric_history(run.info.run_id, "loss")
    assert [m.step for m in sorted(history, key=lambda m: m.step)] == list(range(200))
    frame = mlflow.search_runs(experiment_names=["autolog-flow"], order_by=["metrics.loss ASC"])
    assert np.isclose(frame["metrics.loss"].min(), 1 / 200) and len(frame) == 7, frame
    print("flow passed")


if __name__ == "__main__":
    sys.exit(main())
