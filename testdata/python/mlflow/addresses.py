"""Prints every method and address that the client's protocol and its server's pages know, one a line."""

import importlib
import os
import pkgutil
import re

os.environ["_MLFLOW_SERVER_FILE_STORE"] = "sqlite:///addresses.db"
os.environ["_MLFLOW_SERVER_SERVE_ARTIFACTS"] = "true"

import mlflow.protos
from mlflow.protos import databricks_pb2

found = set()
for module in pkgutil.iter_modules(mlflow.protos.__path__):
    if not module.name.endswith("_pb2"):
        continue
    descriptor = getattr(importlib.import_module("mlflow.protos." + module.name), "DESCRIPTOR", None)
    for service in descriptor.services_by_name.values() if descriptor else []:
        if not service.name.startswith(("Mlflow", "ModelRegistry", "Webhook")):
            continue  # of Databricks and Unity Catalog: they are asked under other hosts
        for method in service.methods:
            for endpoint in method.GetOptions().Extensions[databricks_pb2.rpc].endpoints:
                found.add((endpoint.method, f"/api/{endpoint.since.major}.0/{endpoint.path.lstrip('/')}"))

from mlflow.server import app

try:
    from mlflow.server.fastapi_app import app as pages
except ImportError:  # before 3
    pages = None


def routes(of, prefix=""):
    for route in of:
        if inner := getattr(route, "original_router", None):
            yield from routes(inner.routes, prefix + route.include_context.prefix)
        elif methods := getattr(route, "methods", None):
            yield from ((method, prefix + route.path) for method in methods)


for rule in app.url_map.iter_rules():
    found.update((method, rule.rule) for method in rule.methods)
if pages:
    found.update(routes(pages.routes))
filled = {(method, re.sub(r"<path:[^>]*>|\{\w+:path\}", "a/b", re.sub(r"<(?!path:)[^>]*>|\{[^:}]*\}", "1", path))) for method, path in found}
for method, path in sorted(filled):
    if method not in ("HEAD", "OPTIONS"):
        print(method, path)
