"""Asks an endpoint in every form that MLflow's scoring protocol has."""
import json
import sys

import pandas as pd
import requests

base = sys.argv[1]
frame = pd.DataFrame({"temp_max": [4.0, 15.5], "temp_min": [1.0, 8.5], "wind": [6.0, 3.1], "day": [12, 100]})
forms = [
    ("application/json", json.dumps({"dataframe_split": frame.to_dict(orient="split")})),
    ("application/json; charset=utf-8", json.dumps({"dataframe_split": json.loads(frame.to_json(orient="split"))})),
    ("application/json", json.dumps({"dataframe_records": frame.to_dict(orient="records"), "params": {}})),
    ("application/json", json.dumps({"instances": frame.to_dict(orient="records")})),
    ("application/json", json.dumps({"inputs": frame.to_dict(orient="list")})),
    ("application/json", json.dumps({"instances": frame.values.tolist()})),
    ("text/csv", frame.to_csv(index=False)),
]
seen = set()
for kind, body in forms:
    for address in (base + "/invocations", base + "/endpoints/weather/invocations"):
        answer = requests.post(address, data=body, headers={"Content-Type": kind})
        assert answer.status_code == 200, (body, answer.status_code, answer.text)
        predictions = answer.json()["predictions"]
        assert len(predictions) == 2 and set(predictions[0]) == {"prediction", "probability"}, predictions
        assert answer.headers["X-Rondo-Prediction-Id"]
        seen.add(json.dumps(predictions))
assert len(seen) == 1, seen
for path in ("/ping", "/health", "/endpoints/weather/ping"):
    answer = requests.get(base + path)
    assert answer.status_code == 200 and answer.text == "\n"
assert requests.get(base + "/version").text.startswith("3.")
assert requests.post(base + "/invocations", data="x", headers={"Content-Type": "text/html"}).status_code == 415
for body, word in [
    ({"dataframe_split": {"columns": ["temp_max"], "data": [[1.0]]}}, 'column "temp_min" is missing'),
    ({"dataframe_records": [{"temp_max": 1, "temp_min": 1, "wind": 1, "day": 1, "sun": 2}]}, 'no column "sun"'),
    ({"dataframe_records": [{"temp_max": "warm", "temp_min": 1, "wind": 1, "day": 1}]}, 'column "temp_max"'),
    ({"dataframe_records": [{"temp_max": 1, "temp_min": 1, "wind": 1, "day": 1.5}]}, 'column "day"'),
    ({"dataframe_records": [{"temp_max": 1, "temp_min": 1, "wind": 1, "day": None}]}, "it is null"),
    ({"instances": [], "inputs": []}, "exactly one of"),
    ({}, "exactly one of"),
]:
    answer = requests.post(base + "/invocations", json=body)
    assert answer.status_code == 400 and answer.json()["error_code"] == "BAD_REQUEST", answer.text
    assert word in answer.json()["message"], answer.text
    assert "warm" not in answer.text, "an input was echoed"
print(next(iter(seen)))
