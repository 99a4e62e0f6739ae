"""Judge the model on days it has not seen."""

import json
from pathlib import Path

import mlflow
import pandas as pd
from sklearn.metrics import accuracy_score, recall_score

from features import INPUTS

days = pd.read_csv("work/holdout.csv")
answers = mlflow.pyfunc.load_model("model").predict(days[INPUTS])

metrics = {
    "accuracy": accuracy_score(days.wet, answers),
    "majority": max(days.wet.mean(), 1 - days.wet.mean()),
    "recall_dry": recall_score(days.wet, answers, pos_label=0),
    "recall_wet": recall_score(days.wet, answers, pos_label=1),
}
Path("metrics.json").write_text(json.dumps(metrics, indent=2))
with mlflow.start_run():
    mlflow.log_metrics(metrics)
