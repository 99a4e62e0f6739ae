"""Prompts, evaluation datasets and scorers, as scripts use them."""

import json

import mlflow
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.genai import datasets

client = MlflowClient()
experiment = mlflow.set_experiment("genai").experiment_id

prompt = mlflow.genai.register_prompt(name="greet", template="Hello {{name}}!", commit_message="first", tags={"author": "ann"})
assert prompt.version == 1 and prompt.template == "Hello {{name}}!", prompt
second = mlflow.genai.register_prompt(name="greet", template=[{"role": "user", "content": "Hi {{name}}"}], response_format={"type": "object"})
assert second.version == 2
mlflow.genai.set_prompt_alias("greet", alias="live", version=1)
loaded = mlflow.genai.load_prompt("prompts:/greet@live")
assert loaded.version == 1 and loaded.format(name="Bo") == "Hello Bo!" and loaded.tags["author"] == "ann", loaded
assert mlflow.genai.load_prompt("greet", version=2).template == [{"role": "user", "content": "Hi {{name}}"}]
assert [p.name for p in mlflow.genai.search_prompts()] == ["greet"]
assert "greet" not in [m.name for m in client.search_registered_models()], "a prompt shows as a model"
client.create_registered_model("net-of-genai")
models = [m.name for m in client.search_registered_models()]
assert "net-of-genai" in models and "greet" not in models, models
assert [p.name for p in mlflow.genai.search_prompts()] == ["greet"]
mlflow.genai.set_prompt_version_tag("greet", 1, "k", "v")
assert mlflow.genai.load_prompt("greet", version=1).tags["k"] == "v"
mlflow.genai.delete_prompt_alias("greet", "live")
client.delete_prompt_version("greet", "2")


@mlflow.trace
def answer(question):
    mlflow.genai.load_prompt("greet", version=1)
    return question


answer("who?")
mlflow.flush_trace_async_logging()

data = datasets.create_dataset(name="questions", experiment_id=experiment, tags={"team": "red"})
data.merge_records([
    {"inputs": {"q": "one"}, "expectations": {"a": 1}, "tags": {"hard": "no"}},
    {"inputs": {"q": "two"}, "expectations": {"a": 2}},
])
data.merge_records([{"inputs": {"q": "one"}, "expectations": {"b": "x"}}])
frame = datasets.get_dataset(dataset_id=data.dataset_id).to_df()
assert len(frame) == 2, frame
rows = {r["inputs"]["q"]: r["expectations"] for r in frame.to_dict("records")}
assert rows == {"one": {"a": 1, "b": "x"}, "two": {"a": 2}}, rows
found = datasets.search_datasets(experiment_ids=[experiment], filter_string="tags.team = 'red' AND name LIKE 'quest%'")
assert [d.dataset_id for d in found] == [data.dataset_id]
datasets.set_dataset_tags(dataset_id=data.dataset_id, tags={"team": "blue"})
assert client.get_dataset(data.dataset_id).tags["team"] == "blue"
datasets.delete_dataset(dataset_id=data.dataset_id)
try:
    client.get_dataset(data.dataset_id)
    raise AssertionError("the dataset is still there")
except MlflowException as e:
    assert e.error_code == "RESOURCE_DOES_NOT_EXIST"

store = client._tracking_client.store
assert store.register_scorer(experiment, "judge", json.dumps({"name": "judge"})).scorer_version == 1
assert store.register_scorer(experiment, "judge", json.dumps({"name": "judge", "v": 2})).scorer_version == 2
assert [s.scorer_version for s in store.list_scorers(experiment)] == [2]
assert json.loads(store.get_scorer(experiment, "judge", version=1)._serialized_scorer) == {"name": "judge"}
try:
    store.register_scorer(experiment, "code", json.dumps({"name": "code", "call_source": "import os"}))
    raise AssertionError("code was taken")
except MlflowException as e:
    assert e.error_code == "INVALID_PARAMETER_VALUE"
store.delete_scorer(experiment, "judge", version=2)
assert store.register_scorer(experiment, "judge", json.dumps({"name": "judge"})).scorer_version >= 2

print("flow passed")
