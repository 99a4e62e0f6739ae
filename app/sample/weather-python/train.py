"""Train the model and log it with the ordinary MLflow client."""

import shutil
from pathlib import Path

import mlflow
import pandas as pd
import yaml
from mlflow.models import infer_signature
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from features import INPUTS, features

params = yaml.safe_load(Path("params.yaml").read_text())["train"]
days = pd.read_csv("work/train.csv")

with mlflow.start_run():
    mlflow.log_params(params)
    model = make_pipeline(FunctionTransformer(features), StandardScaler(), LogisticRegression(**params))
    model.fit(days[INPUTS], days.wet)
    mlflow.log_metric("train_accuracy", model.score(days[INPUTS], days.wet))
    shutil.rmtree("model", ignore_errors=True)
    mlflow.sklearn.save_model(
        model,
        "model",
        signature=infer_signature(days[INPUTS], model.predict(days[INPUTS])),
        code_paths=["features.py"],
        serialization_format="cloudpickle",
    )
    mlflow.log_artifacts("model", "model")
