"""What the client is told when the user errs: the exceptions and codes a script may depend on."""

import sys
import time

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException, RestException

client = MlflowClient()
started = time.monotonic()


def refused(code, part, call, *args, **more):
    try:
        call(*args, **more)
    except MlflowException as e:
        assert e.error_code == code, f"{call.__name__}: {e.error_code}: {e}"
        assert part.lower() in str(e).lower(), f"{call.__name__}: {e}"
        return
    raise AssertionError(f"{call.__name__} was not refused")


nobody = "0" * 32
refused("RESOURCE_DOES_NOT_EXIST", nobody, client.get_run, nobody)
refused("RESOURCE_DOES_NOT_EXIST", nobody, client.log_param, nobody, "a", "b")
refused("RESOURCE_DOES_NOT_EXIST", "999", client.get_experiment, "999")
refused("RESOURCE_DOES_NOT_EXIST", "999", client.create_run, "999")
client.create_experiment("twice")
refused("RESOURCE_ALREADY_EXISTS", "twice", client.create_experiment, "twice")

run = client.create_run("0")
rid = run.info.run_id
client.log_param(rid, "lr", "1")
client.log_param(rid, "lr", "1")
refused("INVALID_PARAMETER_VALUE", "lr", client.log_param, rid, "lr", "2")
refused("INVALID_PARAMETER_VALUE", "lr", client.log_batch, rid, params=[Param("lr", "3"), Param("new", "1")])
assert "new" not in client.get_run(rid).data.params
refused("INVALID_PARAMETER_VALUE", "", client.log_metric, rid, "../x", 1.0)
refused("INVALID_PARAMETER_VALUE", "", client.log_metric, rid, "k" * 251, 1.0)
refused("RESOURCE_DOES_NOT_EXIST", "nothing", client.delete_tag, rid, "nothing")
refused("INVALID_PARAMETER_VALUE", "", client.search_runs, ["0"], "metrics.m >> 1")
refused("INVALID_PARAMETER_VALUE", "", client.search_runs, ["0"], "nonsense")
refused("INVALID_PARAMETER_VALUE", "", client.search_runs, ["0"], "params.a > 'x'")
refused("INVALID_PARAMETER_VALUE", "", client.search_runs, ["0"], "", order_by=["what"])
refused("INVALID_PARAMETER_VALUE", "token", client.search_runs, ["0"], page_token="zzz")
refused("INVALID_PARAMETER_VALUE", "", client.search_experiments, filter_string="tags.x > 1")
client.delete_run(rid)
refused("INVALID_PARAMETER_VALUE", "active", client.log_metric, rid, "m", 1.0)
refused("INVALID_PARAMETER_VALUE", "active", client.log_batch, rid, metrics=[Metric("m", 1.0, 1, 0)])

refused("RESOURCE_DOES_NOT_EXIST", "ghost", client.get_registered_model, "ghost")
refused("RESOURCE_DOES_NOT_EXIST", "ghost", client.get_model_version, "ghost", "1")
refused("RESOURCE_DOES_NOT_EXIST", "ghost", mlflow.pyfunc.load_model, "models:/ghost/1")
client.create_registered_model("real")
refused("RESOURCE_ALREADY_EXISTS", "real", client.create_registered_model, "real")
refused("INVALID_PARAMETER_VALUE", "", client.create_registered_model, "")
refused("RESOURCE_DOES_NOT_EXIST", "", client.get_model_version, "real", "1")
refused("INVALID_PARAMETER_VALUE", "nobody", client.get_model_version_by_alias, "real", "nobody")
refused("INVALID_PARAMETER_VALUE", "", client.set_registered_model_alias, "real", "latest", "1")
refused("INVALID_PARAMETER_VALUE", "", client.create_model_version, "real", "/etc")
refused("INVALID_PARAMETER_VALUE", "", client.create_model_version, "real", "file:///etc", rid)
refused("INVALID_PARAMETER_VALUE", "", client.create_model_version, "real", "mlflow-artifacts:/../../etc", rid)
refused("INVALID_PARAMETER_VALUE", "", client.search_model_versions, "bogus = 'x'")
refused("INVALID_PARAMETER_VALUE", "", client.search_registered_models, "bogus = 'x'")
refused("RESOURCE_DOES_NOT_EXIST", "m-", client.get_logged_model, "m-" + nobody)
took = time.monotonic() - started
assert took < 60, f"{took:.0f} s: something was answered so that the client repeats it"
print("flow passed")
