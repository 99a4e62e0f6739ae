"""What few scripts use and a server has all the same: uploads in parts, attachments of traces, sums over traces."""

import os
import tempfile
from pathlib import Path

import mlflow
from mlflow import MlflowClient
from mlflow.entities import SpanType
from mlflow.entities.trace_metrics import AggregationType, MetricAggregation, MetricViewType
from mlflow.tracing.attachments import Attachment

client = MlflowClient()
store = client._tracking_client.store
experiment = mlflow.set_experiment("surface").experiment_id


def in_parts():
    os.environ.update(MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD="true", MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE="1000", MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE="70000")
    os.environ.update(MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD="true", MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE="300000")
    content = os.urandom(1_000_003)
    with mlflow.start_run() as run, tempfile.TemporaryDirectory() as folder:
        at = Path(folder, "größe (1).bin")
        at.write_bytes(content)
        mlflow.log_artifact(str(at), "big/deep")
        mlflow.log_text("small", "small.txt")
        got = client.download_artifacts(run.info.run_id, "big/deep/größe (1).bin", folder)
        assert Path(got).read_bytes() == content
        assert [(f.path, f.file_size) for f in client.list_artifacts(run.info.run_id, "big/deep")] == [("big/deep/größe (1).bin", len(content))]
    os.environ.update(MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD="false", MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD="false")


def attachments():
    picture = b"\x89PNG\r\n" + bytes(range(256))
    with mlflow.start_span(name="look", span_type=SpanType.LLM) as span:
        attachment = Attachment(content_type="image/png", content_bytes=picture)
        span.set_inputs({"image": attachment, "text": "what is it?"})
        span.set_attribute("mlflow.llm.model", "small")
        span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 10, "output_tokens": 4, "total_tokens": 14})
        span.set_outputs({"answer": "a picture"})
    mlflow.flush_trace_async_logging()
    trace = mlflow.get_trace(span.trace_id)
    reference = Attachment.parse_ref(trace.data.spans[0].inputs["image"])
    assert reference["attachment_id"] == attachment.id and reference["trace_id"] == span.trace_id, reference
    repository = client._tracing_client._get_artifact_repo_for_trace(trace.info)
    assert repository.download_trace_attachment(attachment.id) == picture
    return span.trace_id


def sums(trace_id):
    for n in range(3):
        with mlflow.start_span(name="step", span_type=SpanType.TOOL) as span:
            span.set_inputs({"n": n})
        mlflow.flush_trace_async_logging()
        mlflow.log_feedback(trace_id=span.trace_id, name="helpful", value=n > 0)

    def query(view, metric, *aggregations, **more):
        points = store.query_trace_metrics([experiment], view, metric, list(aggregations), **more)
        return [(p.dimensions, p.values) for p in points]

    count, total = MetricAggregation(AggregationType.COUNT), MetricAggregation(AggregationType.SUM)
    half = MetricAggregation(AggregationType.PERCENTILE, 50)
    assert query(MetricViewType.TRACES, "trace_count", count) == [({}, {"COUNT": 4})]
    assert query(MetricViewType.TRACES, "trace_count", count, dimensions=["trace_name"]) == [({"trace_name": "look"}, {"COUNT": 1}), ({"trace_name": "step"}, {"COUNT": 3})]
    assert query(MetricViewType.TRACES, "input_tokens", total, half) == [({}, {"SUM": 10, "P50.0": 10})]
    assert query(MetricViewType.SPANS, "span_count", count, dimensions=["span_type"]) == [({"span_type": "LLM"}, {"COUNT": 1}), ({"span_type": "TOOL"}, {"COUNT": 3})]
    assert query(MetricViewType.SPANS, "span_count", count, filters=["span.name = 'look'"]) == [({}, {"COUNT": 1})]
    assert query(MetricViewType.SPANS, "span_count", count, dimensions=["span_model_name"]) == [({"span_model_name": "small"}, {"COUNT": 1})]
    [(_, judged)] = query(MetricViewType.ASSESSMENTS, "assessment_value", MetricAggregation(AggregationType.AVG), filters=["assessment.name = 'helpful'"])
    assert abs(judged["AVG"] - 2 / 3) < 1e-9, judged
    begin = client.get_trace(trace_id).info.request_time
    hours = query(MetricViewType.TRACES, "trace_count", count, time_interval_seconds=3600, start_time_ms=begin - 7_200_000, end_time_ms=begin + 7_200_000)
    assert sum(v["COUNT"] for _, v in hours) == 4 and all(d["time_bucket"].endswith(":00:00+00:00") for d, _ in hours), hours


if __name__ == "__main__":
    in_parts()
    sums(attachments())
    print("flow passed")
