"""Calls everything that the client's REST stores of MLflow 2.22 can do, and looks at what comes back."""

import os
import tempfile

os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"

from mlflow.entities import Dataset, DatasetInput, ExperimentTag, InputTag, Metric, Param, RunStatus, RunTag, ViewType
from mlflow.entities.assessment import Assessment, AssessmentSource, Expectation, Feedback
from mlflow.entities.model_registry import ModelVersionTag, RegisteredModelTag
from mlflow.entities.trace_status import TraceStatus
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from mlflow.store.model_registry.rest_store import RestStore as Registry
from mlflow.store.tracking.rest_store import RestStore as Tracking
from mlflow.utils.rest_utils import MlflowHostCreds

ADDRESS = os.environ["MLFLOW_TRACKING_URI"]


class Watched:
    """Notes which operations of a store were called."""

    def __init__(self, store):
        self.store, self.called = store, set()

    def __getattr__(self, name):
        self.called.add(name)
        return getattr(self.store, name)

    def left(self):
        return {n for n, f in vars(type(self.store)).items() if callable(f) and not n.startswith("__")} - self.called


def gone(call, *args):
    try:
        call(*args)
    except MlflowException as e:
        assert e.error_code == "RESOURCE_DOES_NOT_EXIST", e
    else:
        raise AssertionError(f"{call} finds it")


t, r = (Watched(kind(lambda: MlflowHostCreds(ADDRESS))) for kind in (Tracking, Registry))

e = t.create_experiment("old", None, [ExperimentTag("k", "v")])
t.set_experiment_tag(e, ExperimentTag("k", "w"))
assert t.get_experiment(e).tags == {"k": "w"} and t.get_experiment_by_name("old").experiment_id == e and t.get_experiment_by_name("none") is None
t.rename_experiment(e, "older")
t.delete_experiment(e)
assert [x.name for x in t.search_experiments(ViewType.DELETED_ONLY, max_results=10)] == ["older"]
t.restore_experiment(e)
assert [x.name for x in t.search_experiments(filter_string="name LIKE 'old%'", max_results=10, order_by=["name ASC"])] == ["older"]

run = t.create_run(e, "ann", 1700000000000, [RunTag("a", "b")], "first").info.run_id
assert t.update_run_info(run, RunStatus.RUNNING, None, "second").run_name == "second"
t.log_metric(run, Metric("m", 1.5, 1700000000001, 0))
t.log_param(run, Param("p", "1"))
t.set_tag(run, RunTag("c", "d"))
t.delete_tag(run, "a")
t.log_batch(run, [Metric("m", 2.5, 1700000000002, 1), Metric("n", float("inf"), 1700000000002, 1)], [Param("q", "2")], [RunTag("x", "y")])
assert [(m.step, m.value) for m in t.get_metric_history(run, "m")] == [(0, 1.5), (1, 2.5)]
t.log_inputs(run, [DatasetInput(Dataset("d", "1", "local", "{}"), [InputTag("mlflow.data.context", "training")])])
model = Model(artifact_path="model", run_id=run)
model.add_flavor("python_function", loader_module="x")
t.record_logged_model(run, model)
got = t.get_run(run)
assert got.data.metrics == {"m": 2.5, "n": float("inf")} and got.data.params == {"p": "1", "q": "2"} and got.inputs.dataset_inputs[0].dataset.name == "d", got.data
assert got.data.tags["c"] == "d" and "a" not in got.data.tags and "mlflow.log-model.history" in got.data.tags, got.data.tags
found = t._search_runs([e], "metrics.m > 2 and params.p = '1'", ViewType.ACTIVE_ONLY, 10, ["metrics.m DESC"], None)
assert [x.info.run_id for x in found[0]] == [run]
t.delete_run(run)
assert t.get_run(run).info.lifecycle_stage == "deleted"
t.restore_run(run)

files = get_artifact_repository(got.info.artifact_uri.replace("mlflow-artifacts:/", ADDRESS + "/api/2.0/mlflow-artifacts/artifacts/"))
with tempfile.TemporaryDirectory() as d:
    with open(os.path.join(d, "MLmodel"), "w") as f:
        f.write("flavors: {}\n")
    files.log_artifacts(d, "model")
    files.log_artifact(os.path.join(d, "MLmodel"), "more")
assert sorted(f.path for f in files.list_artifacts("")) == ["model", "more"]
assert os.path.exists(files.download_artifacts("model/MLmodel"))
files.delete_artifacts("more/MLmodel")

trace = t.start_trace(e, 1700000000000, {"mlflow.sourceRun": run}, {"tag": "1"})
t.end_trace(trace.request_id, 1700000000500, TraceStatus.OK, {"more": "x"}, {"tag": "2"})
t.set_trace_tag(trace.request_id, "seen", "yes")
t.delete_trace_tag(trace.request_id, "tag")
info = t.get_trace_info(trace.request_id)
assert info.execution_time_ms == 500 and info.status == TraceStatus.OK and info.tags["seen"] == "yes" and "tag" not in info.tags, info
assert [x.request_id for x in t.search_traces([e], "tags.seen = 'yes'", 10, ["timestamp_ms DESC"])[0]] == [trace.request_id]
who = AssessmentSource("HUMAN", "ann")
good = t.create_assessment(Assessment(name="good", source=who, trace_id=trace.request_id, feedback=Feedback(True)))
answer = t.create_assessment(Assessment(name="answer", source=who, trace_id=trace.request_id, expectation=Expectation("42")))
assert t.update_assessment(trace.request_id, good.assessment_id, feedback=Feedback(False), rationale="no").rationale == "no"
t.delete_assessment(trace.request_id, answer.assessment_id)
assert t.get_trace_info(trace.request_id, should_query_v3=True).request_id == trace.request_id
assert t._delete_traces(e, request_ids=[trace.request_id]) == 1
gone(t.get_trace_info, trace.request_id)

r.create_registered_model("net", [RegisteredModelTag("k", "v")], "words")
r.update_registered_model("net", "other words")
r.set_registered_model_tag("net", RegisteredModelTag("l", "w"))
r.delete_registered_model_tag("net", "k")
assert r.rename_registered_model("net", "mesh").name == "mesh"
v = r.create_model_version("mesh", f"runs:/{run}/model", run, [ModelVersionTag("a", "b")], None, "one")
assert v.version == "1" and v.status == "READY" and v.run_id == run, v
r.update_model_version("mesh", "1", "two")
r.set_model_version_tag("mesh", "1", ModelVersionTag("c", "d"))
r.delete_model_version_tag("mesh", "1", "a")
r.set_registered_model_alias("mesh", "best", "1")
assert r.get_model_version_by_alias("mesh", "best").version == "1"
assert r.transition_model_version_stage("mesh", "1", "Staging", True).current_stage == "Staging"
v = r.get_model_version("mesh", "1")
assert (v.description, v.tags, v.aliases) == ("two", {"c": "d"}, ["best"]), v
assert [x.version for x in r.get_latest_versions("mesh", ["Staging"])] == ["1"]
assert r.get_model_version_download_uri("mesh", "1")
assert [x.name for x in r.search_registered_models("name LIKE 'me%'", 10, ["name ASC"])] == ["mesh"]
assert [x.version for x in r.search_model_versions(f"run_id = '{run}'", 10, ["version_number DESC"])] == ["1"]
m = r.get_registered_model("mesh")
assert (m.description, m.tags, m.aliases) == ("other words", {"l": "w"}, {"best": "1"}), m
r.delete_registered_model_alias("mesh", "best")
r.delete_model_version("mesh", "1")
gone(r.get_model_version, "mesh", "1")
r.delete_registered_model("mesh")
gone(r.get_registered_model, "mesh")

inside = {"_call_endpoint", "_get_response_from_method", "_get_endpoint_from_method", "_get_all_endpoints_from_method"}
assert (t.left() | r.left()) == inside, (t.left() | r.left()) - inside
print("flow passed")
