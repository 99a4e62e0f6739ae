"""Loads one MLflow model and answers predictions over an inherited socket.

A frame is two little-endian u32 (bytes of the head, bytes of the payload), a JSON
head and the payload: raw little-endian arrays that the head points into. Rondo
starts this with `python -c`; it needs mlflow, numpy and pandas and nothing else.
"""
import json
import os
import struct
import sys
import threading
import traceback


def channel():
    """The pair of files that frames go over. Whatever the model prints goes to stderr."""
    if sys.argv[1] == "socket":
        import socket

        sock = socket.socket(fileno=int(sys.argv[2]))
        reader, writer = sock.makefile("rb", buffering=1 << 16), sock.makefile("wb", buffering=1 << 16)
    else:
        reader, writer = os.fdopen(os.dup(0), "rb", 1 << 16), os.fdopen(os.dup(1), "wb", 1 << 16)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
    os.dup2(2, 1)
    return reader, writer


def watch(lifeline):
    """Ends this process with the server, also in the middle of a prediction."""
    try:
        while os.read(lifeline, 1):
            pass
    finally:
        os._exit(3)


def receive(reader, size):
    data = reader.read(size)
    if data is None or len(data) < size:
        os._exit(0)  # the server is done with us
    return data


def send(writer, head, payload=b""):
    text = json.dumps(head).encode()
    writer.write(struct.pack("<II", len(text), len(payload)))
    writer.write(text)
    writer.write(payload)
    writer.flush()


DTYPES = {"boolean": "bool", "integer": "int32", "long": "int64", "float": "float32", "double": "float64"}


def column(np, pd, spec, payload):
    """One input as a numpy array, or as the pandas column it is."""
    if "texts" in spec:
        values = np.array(spec["texts"], dtype=object)
        if spec["type"] == "datetime":
            values = pd.to_datetime(pd.Series(values)).to_numpy()
    else:
        wire = "<i8" if spec["type"] in ("boolean", "integer", "long") else "<f8"
        count = spec["size"] // 8
        values = np.frombuffer(payload, wire, count, spec["offset"]).astype(DTYPES[spec["type"]])
    nulls = spec.get("nulls")
    if nulls and spec["type"] not in ("float", "double"):
        values = values.astype(object)
        values[np.array(nulls)] = None
    return values.reshape(spec["shape"])


def build(np, pd, head, payload):
    specs = head["inputs"]
    if head["table"]:
        return pd.DataFrame({s["name"]: column(np, pd, s, payload) for s in specs})
    arrays = {s["name"]: column(np, pd, s, payload) for s in specs}
    return next(iter(arrays.values())) if len(arrays) == 1 else arrays


def named(np, pd, result):
    """The outputs of a prediction as (name, array)."""
    if isinstance(result, tuple) and result and not isinstance(result[0], (str, bytes)):
        result = result[0]  # some flavors answer with states beside the predictions
    if isinstance(result, pd.DataFrame):
        return [(str(c), result[c].to_numpy()) for c in result.columns]
    if isinstance(result, dict):
        return [(str(k), np.asarray(v)) for k, v in result.items()]
    if isinstance(result, list) and result and isinstance(result[0], dict):
        return named(np, pd, pd.DataFrame(result))
    if hasattr(result, "toarray"):
        result = result.toarray()
    return [("predictions", np.asarray(result))]


def pack(np, pd, outputs):
    specs, parts, offset = [], [], 0
    for name, array in outputs:
        spec = {"name": name, "shape": list(array.shape)}
        kind = array.dtype.kind
        if array.dtype == np.float32 or array.dtype == np.float16:
            spec["type"], array = "float", array.astype("<f8")
        elif kind == "f":
            spec["type"], array = "double", array.astype("<f8")
        elif kind == "b":
            spec["type"], array = "boolean", array.astype("<i8")
        elif kind in "iu":
            small = array.dtype.itemsize < 4 or array.dtype == np.int32
            spec["type"], array = "integer" if small else "long", array.astype("<i8")
        elif kind == "M":
            spec["type"], spec["texts"] = "datetime", [pd.Timestamp(v).isoformat() for v in array.reshape(-1)]
        else:
            flat = list(array.reshape(-1))
            numbers = [v for v in flat if isinstance(v, (int, float)) and not isinstance(v, bool)]
            if len(numbers) + sum(v is None for v in flat) == len(flat) and numbers:
                spec["type"], array = "double", np.array([np.nan if v is None else v for v in flat], "<f8")
            else:
                spec["type"] = "string"
                spec["texts"] = ["" if v is None else str(v) for v in flat]
                if any(v is None for v in flat):
                    spec["nulls"] = [v is None for v in flat]
        if "texts" not in spec:
            raw = np.ascontiguousarray(array).tobytes()
            spec["offset"], spec["size"] = offset, len(raw)
            offset += len(raw)
            parts.append(raw)
        specs.append(spec)
    return specs, b"".join(parts)


def failure(e):
    traceback.print_exc(file=sys.stderr)
    sys.stderr.flush()
    text = (str(e).strip().splitlines() or [""])[0]
    return {"error": {"type": type(e).__name__, "message": text[:300], "code": getattr(e, "error_code", "")}}


def main():
    reader, writer = channel()
    if len(sys.argv) > 4:
        threading.Thread(target=watch, args=(int(sys.argv[4]),), daemon=True).start()
    try:
        import mlflow
        import numpy as np
        import pandas as pd

        model = mlflow.pyfunc.load_model(sys.argv[3])
    except BaseException as e:
        send(writer, failure(e))
        return
    send(writer, {"ready": True, "python": sys.version.split()[0], "mlflow": mlflow.__version__})
    while True:
        sizes = struct.unpack("<II", receive(reader, 8))
        head, payload = json.loads(receive(reader, sizes[0])), receive(reader, sizes[1])
        try:
            result = model.predict(build(np, pd, head, payload))
            specs, raw = pack(np, pd, named(np, pd, result))
        except Exception as e:
            send(writer, failure(e))
            continue
        send(writer, {"outputs": specs}, raw)


main()
