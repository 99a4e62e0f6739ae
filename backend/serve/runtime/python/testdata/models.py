"""Saves the models that the tests serve, and prints what they themselves answer."""
import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")
import mlflow
import numpy as np
import pandas as pd
from mlflow.models import infer_signature
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

out = sys.argv[1]
rng = np.random.default_rng(7)
x = pd.DataFrame({"a": rng.normal(size=200), "b": rng.integers(0, 9, 200), "c": rng.normal(size=200).astype("float32")})
y = np.where(x.a + x.b / 4 > 1, "wet", "dry")
forest = make_pipeline(StandardScaler(), RandomForestClassifier(20, random_state=1)).fit(x, y)
mlflow.sklearn.save_model(forest, f"{out}/forest", signature=infer_signature(x, forest.predict(x)), input_example=x.head(2), pip_requirements=[], serialization_format="cloudpickle")


class Odd(mlflow.pyfunc.PythonModel):
    """Does what its text column says, so that tests can bring everything about."""

    def predict(self, context, model_input, params=None):
        import time

        word = model_input["word"][0]
        if word == "raise":
            raise ValueError("no such thing as this word\nand more")
        if word == "die":
            print("about to die", file=sys.stderr, flush=True)
            os._exit(7)
        if word == "sleep":
            time.sleep(30)
        if word == "wait":
            time.sleep(0.3)
        print("models may print")
        return pd.DataFrame({
            "echo": model_input["word"], "size": model_input["word"].str.len(), "half": model_input["word"].str.len() / 2,
            "long": model_input["word"].str.len() > 3, "pid": os.getpid(), "token": os.environ.get("RONDO_SECRET", ""),
        })


from mlflow.types import ColSpec, Schema

mlflow.pyfunc.save_model(f"{out}/odd", python_model=Odd(), pip_requirements=[], signature=mlflow.models.ModelSignature(inputs=Schema([ColSpec("string", "word")])))


class Broken(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        raise RuntimeError("the weights are elsewhere")

    def predict(self, context, model_input, params=None):
        return model_input


mlflow.pyfunc.save_model(f"{out}/broken", python_model=Broken(), pip_requirements=[])
print(json.dumps({"rows": x.head(5).to_dict(orient="records"), "answers": list(forest.predict(x.head(5)))}))
