"""Writes one small ONNX model per operation and what onnxruntime answers.

Prints a JSON list of {name, model (base64), inputs, outputs}; tensors are
{name, type, shape, values}, types as Rondo names them.
"""
import base64
import json
import sys

import numpy as np
import onnx
import onnxruntime as ort
from onnx import TensorProto as T
from onnx import helper as h
from onnx import numpy_helper

rng = np.random.default_rng(11)
TYPES = {"float32": "float", "float64": "double", "int64": "long", "int32": "integer", "bool": "boolean", "object": "string"}
ELEM = {"float32": T.FLOAT, "float64": T.DOUBLE, "int64": T.INT64, "int32": T.INT32, "bool": T.BOOL, "object": T.STRING}
cases = []


def pack(name, a):
    a = np.asarray(a)
    if a.dtype.kind in "US":
        a = a.astype(object)
    flat = [("nan" if v != v else "inf" if v == np.inf else "-inf" if v == -np.inf else float(v)) if a.dtype.kind == "f" else v.item() if hasattr(v, "item") else v for v in a.reshape(-1)]
    return {"name": name, "type": TYPES[str(a.dtype)], "shape": list(a.shape), "values": flat}


def case(name, nodes, inputs, consts=None, outputs=None, opset=17, ml=3):
    outputs = outputs or [nodes[-1].output[0]]
    ins = [h.make_tensor_value_info(k, ELEM[str(v.dtype)], ["n"] + list(v.shape[1:])) for k, v in inputs.items()]
    graph = h.make_graph(nodes, name, ins, [h.make_empty_tensor_value_info(o) for o in outputs],
                         [numpy_helper.from_array(np.asarray(v), k) for k, v in (consts or {}).items()])
    model = h.make_model(graph, opset_imports=[h.make_opsetid("", opset), h.make_opsetid("ai.onnx.ml", ml)], ir_version=8)
    model = onnx.shape_inference.infer_shapes(model)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    got = session.run(None, inputs)
    cases.append({"name": name, "model": base64.b64encode(model.SerializeToString()).decode(),
                  "inputs": [pack(k, v) for k, v in inputs.items()], "outputs": [pack(o, v) for o, v in zip(outputs, got)]})


f = lambda *s: rng.normal(size=s).astype(np.float32)
d = lambda *s: rng.normal(size=s)
n = lambda *s: rng.integers(-9, 9, size=s).astype(np.int64)
b = lambda *s: rng.integers(0, 2, size=s).astype(bool)
node = h.make_node

for op in ("Add", "Sub", "Mul", "Div", "Pow", "Min", "Max"):
    y = np.abs(f(3)) + 0.5
    case(op, [node(op, ["x", "y"], ["o"])], {"x": np.abs(f(4, 3))}, {"y": y})
    if op not in ("Pow",):
        case(op + " long", [node(op, ["x", "y"], ["o"])], {"x": n(4, 3)}, {"y": np.array([[3], [-2], [7], [1]], np.int64)})
    case(op + " double", [node(op, ["x", "y"], ["o"])], {"x": np.abs(d(2, 3)), "y": np.abs(d(2, 1))})
for op in ("Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal"):
    case(op, [node(op, ["x", "y"], ["o"])], {"x": n(5, 2), "y": n(5, 2)})
    case(op + " float", [node(op, ["x", "y"], ["o"])], {"x": f(5, 2), "y": f(5, 1)})
for op in ("And", "Or"):
    case(op, [node(op, ["x", "y"], ["o"])], {"x": b(5, 2), "y": b(5, 1)})
case("Not", [node("Not", ["x"], ["o"])], {"x": b(7)})
case("Where", [node("Where", ["c", "x", "y"], ["o"])], {"c": b(4, 1), "x": f(4, 3), "y": f(4, 3)})
for op in ("Sin", "Cos", "Tan", "Tanh", "Exp", "Abs", "Neg", "Floor", "Ceil", "Erf", "Relu", "Sigmoid", "Reciprocal"):
    case(op, [node(op, ["x"], ["o"])], {"x": f(4, 5) * 3})
for op in ("Log", "Sqrt"):
    case(op, [node(op, ["x"], ["o"])], {"x": np.abs(f(4, 5)) + 0.01})
case("Abs long", [node("Abs", ["x"], ["o"])], {"x": np.array([-(2**60) - 1, 5, -3], np.int64)})
case("Neg long", [node("Neg", ["x"], ["o"])], {"x": np.array([-(2**60) - 1, 5, -3], np.int64)})
case("Less big", [node("Less", ["x", "y"], ["o"])], {"x": np.array([2**60, 2**60 + 1], np.int64), "y": np.array([2**60 + 1, 2**60], np.int64)})
case("Clip", [node("Clip", ["x", "lo", "hi"], ["o"])], {"x": f(4, 5) * 3}, {"lo": np.float32(-1), "hi": np.float32(1.5)})
case("Clip one side", [node("Clip", ["x", "", "hi"], ["o"])], {"x": f(4, 5) * 3}, {"hi": np.float32(0.5)})
case("Softmax", [node("Softmax", ["x"], ["o"], axis=1)], {"x": f(4, 5) * 9})
case("Softmax last", [node("Softmax", ["x"], ["o"])], {"x": f(2, 3, 4)})
case("ArgMax", [node("ArgMax", ["x"], ["o"], axis=1, keepdims=0)], {"x": f(4, 5)})
case("ArgMax keep", [node("ArgMax", ["x"], ["o"], axis=-1)], {"x": n(4, 5)})
case("ReduceSum", [node("ReduceSum", ["x", "a"], ["o"], keepdims=1)], {"x": f(4, 5)}, {"a": np.array([1], np.int64)})
case("ReduceSum drop", [node("ReduceSum", ["x", "a"], ["o"], keepdims=0)], {"x": d(4, 5, 2)}, {"a": np.array([-2], np.int64)})
case("ReduceSum old", [node("ReduceSum", ["x"], ["o"], axes=[1], keepdims=0)], {"x": f(4, 5)}, opset=11)
case("MatMul", [node("MatMul", ["x", "w"], ["o"])], {"x": f(4, 5)}, {"w": f(5, 3)})
case("MatMul vector", [node("MatMul", ["x", "w"], ["o"])], {"x": d(4, 5)}, {"w": d(5)})
case("MatMul stack", [node("MatMul", ["x", "w"], ["o"])], {"x": d(2, 3, 5)}, {"w": d(5, 2)})
case("Gemm", [node("Gemm", ["x", "w", "b"], ["o"], alpha=0.5, beta=2.0, transB=1)], {"x": f(4, 5)}, {"w": f(3, 5), "b": f(3)})
case("Gemm plain", [node("Gemm", ["x", "w"], ["o"])], {"x": f(4, 5)}, {"w": f(5, 3)})
case("Gemm transA", [node("Gemm", ["x", "w", "b"], ["o"], transA=1)], {"x": f(4, 5)}, {"w": f(4, 3), "b": f(5, 1)})
case("Concat", [node("Concat", ["x", "y", "x"], ["o"], axis=1)], {"x": f(4, 2), "y": f(4, 3)})
case("Concat rows", [node("Concat", ["x", "y"], ["o"], axis=0)], {"x": n(4, 2), "y": n(1, 2)})
case("Reshape", [node("Reshape", ["x", "s"], ["o"])], {"x": f(4, 6)}, {"s": np.array([0, -1, 2], np.int64)})
case("Squeeze", [node("Squeeze", ["x", "a"], ["o"])], {"x": f(4, 1)}, {"a": np.array([1], np.int64)})
case("Unsqueeze", [node("Unsqueeze", ["x", "a"], ["o"])], {"x": f(4)}, {"a": np.array([0, 2], np.int64)})
case("Unsqueeze old", [node("Unsqueeze", ["x"], ["o"], axes=[1])], {"x": f(4)}, opset=11)
case("Flatten", [node("Flatten", ["x"], ["o"], axis=1)], {"x": f(4, 3, 2)})
case("Flatten 0", [node("Flatten", ["x"], ["o"], axis=0)], {"x": f(4, 3)})
case("Transpose", [node("Transpose", ["x"], ["o"], perm=[2, 0, 1])], {"x": f(4, 3, 2)})
case("Transpose usual", [node("Transpose", ["x"], ["o"])], {"x": f(4, 3)})
case("Gather", [node("Gather", ["x", "i"], ["o"], axis=1)], {"x": f(4, 5)}, {"i": np.array([[0, -1], [2, 2]], np.int64)})
case("Identity", [node("Identity", ["x"], ["o"])], {"x": f(4)})
case("Shape", [node("Shape", ["x"], ["o"])], {"x": f(4, 7)})
for to, name in ((T.DOUBLE, "double"), (T.INT64, "long"), (T.INT32, "integer"), (T.BOOL, "boolean")):
    case("Cast to " + name, [node("Cast", ["x"], ["o"], to=to)], {"x": f(4, 5) * 4})
case("Cast long to float", [node("Cast", ["x"], ["o"], to=T.FLOAT)], {"x": n(4, 5) * 10**12 + 7})
case("Cast text", [node("Cast", ["x"], ["o"], to=T.DOUBLE)], {"x": np.array(["1.5", "-2", "1e3"], object)})
case("Constant", [node("Constant", [], ["c"], value=numpy_helper.from_array(f(3))), node("Add", ["x", "c"], ["o"])], {"x": f(4, 3)})
case("Constant floats", [node("Constant", [], ["c"], value_floats=[1.1, 2.2, 3.3]), node("Mul", ["x", "c"], ["o"])], {"x": f(4, 3)})

ml = dict(domain="ai.onnx.ml")
case("Scaler", [node("Scaler", ["x"], ["o"], offset=[1.0, 2.0, 3.0], scale=[0.1, 3.0, 0.7], **ml)], {"x": f(4, 3)})
case("Scaler one", [node("Scaler", ["x"], ["o"], offset=[1.0], scale=[0.1], **ml)], {"x": f(4, 3)})
for norm in ("L1", "L2", "MAX"):
    case("Normalizer " + norm, [node("Normalizer", ["x"], ["o"], norm=norm, **ml)], {"x": np.abs(f(4, 3)) if norm == "MAX" else f(4, 3)})
coef = [float(v) for v in f(6)]
for post in ("NONE", "LOGISTIC", "SOFTMAX"):
    case("LinearRegressor " + post, [node("LinearRegressor", ["x"], ["o"], coefficients=coef, intercepts=[0.1, -0.2], targets=2, post_transform=post, **ml)], {"x": f(4, 3)})
    case("LinearClassifier 2 " + post, [node("LinearClassifier", ["x"], ["l", "p"], coefficients=coef, intercepts=[0.1, -0.2], classlabels_ints=[3, 5], post_transform=post, **ml)], {"x": f(6, 3)}, outputs=["l", "p"])
coef9 = [float(v) for v in f(9)]
case("LinearClassifier 3", [node("LinearClassifier", ["x"], ["l", "p"], coefficients=coef9, intercepts=[0.1, -0.2, 0.3], classlabels_strings=["a", "b", "c"], post_transform="SOFTMAX", **ml)], {"x": f(6, 3)}, outputs=["l", "p"])
case("ArrayFeatureExtractor", [node("ArrayFeatureExtractor", ["x", "i"], ["o"], **ml)], {"x": f(4, 5)}, {"i": np.array([[3, 0]], np.int64)})

# A little network, whole.
case("network", [
    node("Gemm", ["x", "w1", "b1"], ["a"]), node("Relu", ["a"], ["r"]), node("Gemm", ["r", "w2", "b2"], ["z"]),
    node("Softmax", ["z"], ["probabilities"], axis=1), node("ArgMax", ["probabilities"], ["label"], axis=1, keepdims=0),
], {"x": f(9, 6)}, {"w1": f(6, 16), "b1": f(16), "w2": f(16, 4), "b2": f(4)}, outputs=["label", "probabilities"])
json.dump(cases, sys.stdout)
