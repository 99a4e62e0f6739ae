"""What scripts for MLflow 2 do: all of it works with the clients of 2.22 and of 3."""

import os
import tempfile

import mlflow
import numpy as np
from mlflow import MlflowClient
from sklearn.linear_model import LogisticRegression

client = MlflowClient()
mlflow.set_experiment("old")
X, y = np.array([[0.0], [1.0], [2.0], [3.0]]), np.array([0, 0, 1, 1])
model = LogisticRegression().fit(X, y)
with mlflow.start_run(run_name="first") as run:
    mlflow.log_params({"C": 1.0})
    mlflow.log_metrics({"acc": 1.0}, step=1)
    mlflow.log_text("hello", "notes/a.txt")
    with mlflow.start_run(nested=True):
        mlflow.set_tag("level", "2")
    mlflow.sklearn.log_model(model, artifact_path="model", registered_model_name="old-net")
run_id = run.info.run_id
assert client.get_run(run_id).data.metrics == {"acc": 1.0}
with tempfile.TemporaryDirectory() as folder:
    path = client.download_artifacts(run_id, "notes/a.txt", folder)
    assert open(path).read() == "hello" and os.path.basename(path) == "a.txt"
client.set_registered_model_alias("old-net", "champion", 1)
for address in (f"runs:/{run_id}/model", "models:/old-net/1", "models:/old-net@champion"):
    loaded = mlflow.pyfunc.load_model(address)
    assert list(loaded.predict(X)) == [0, 0, 1, 1], address
assert client.get_model_version_by_alias("old-net", "champion").run_id == run_id
client.transition_model_version_stage("old-net", 1, "Production")
assert [v.version for v in client.get_latest_versions("old-net", ["Production"])] in ([1], ["1"])
assert len(mlflow.search_runs(experiment_names=["old"])) == 2

print("flow passed")
