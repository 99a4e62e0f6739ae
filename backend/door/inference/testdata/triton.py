"""Asks an endpoint in every way that Triton's client knows."""
import sys

import numpy as np
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

client = triton.InferenceServerClient(sys.argv[1])
assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("weather")
assert client.is_model_ready("weather", "1") and not client.is_model_ready("nobody")
meta = client.get_model_metadata("weather")
assert [i["name"] for i in meta["inputs"]] == ["temp_max", "temp_min", "wind", "day"], meta
assert client.get_server_metadata()["name"] == "rondo"
assert client.get_model_repository_index()[0]["state"] == "READY"

rows = 3
columns = {
    "temp_max": np.array([4.0, 15.5, 31.0]), "temp_min": np.array([1.0, 8.5, 17.0]),
    "wind": np.array([6.0, 3.1, 2.0]), "day": np.array([12, 100, 200], dtype=np.int64),
}
answers = set()
tried = 0
for binary_in in (True, False):
    for binary_out in (True, False, None):
        for compression in (None, "gzip", "deflate"):
            inputs = []
            for name, value in columns.items():
                tensor = triton.InferInput(name, value.shape, triton.np_to_triton_dtype(value.dtype))
                tensor.set_data_from_numpy(value, binary_data=binary_in)
                inputs.append(tensor)
            outputs = None
            if binary_out is not None:
                outputs = [triton.InferRequestedOutput(n, binary_data=binary_out) for n in ("probability", "prediction")]
            result = client.infer(
                "weather", inputs, outputs=outputs, request_id=f"t{tried}", request_compression_algorithm=compression,
                response_compression_algorithm=compression, priority=1, parameters={"note": "hi"})
            probability, prediction = result.as_numpy("probability"), result.as_numpy("prediction")
            assert probability.shape == (rows,) and probability.dtype == np.float64, probability
            assert prediction.dtype == np.int64 and ((probability > 0.5) == (prediction == 1)).all()
            assert result.get_response()["id"] == f"t{tried}" and result.get_response()["model_version"] == "1"
            answers.add(tuple(probability))
            tried += 1
assert len(answers) == 1, answers

matrix = np.stack([columns[c] for c in columns], axis=1).astype(np.float64)
tensor = triton.InferInput("rows", matrix[:, :].shape, "FP64")
tensor.set_data_from_numpy(matrix)
try:
    client.infer("weather", [tensor])
    raise AssertionError("a fraction went into a whole number's column")
except InferenceServerException as e:
    assert 'column "day"' in e.message(), e.message()
try:
    client.infer("weather", inputs[:2])
    raise AssertionError("two columns were enough")
except InferenceServerException as e:
    assert 'column "wind" is missing' in e.message(), e.message()
print(tried, "ways,", ",".join(f"{p:.6f}" for p in next(iter(answers))))
