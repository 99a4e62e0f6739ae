"""Traces as scripts make, search, judge and delete them."""

import mlflow
from mlflow import MlflowClient
from mlflow.entities import AssessmentSource, SpanType

client = MlflowClient()
mlflow.set_experiment("traced")
experiment = client.get_experiment_by_name("traced").experiment_id


@mlflow.trace(span_type=SpanType.RETRIEVER)
def look_up(word):
    return [{"page_content": word.upper(), "metadata": {"n": 1}}]


@mlflow.trace(name="ask", attributes={"model": "small"})
def ask(question):
    mlflow.update_current_trace(tags={"team": "red"}, metadata={"mlflow.trace.session": "s1"})
    return {"answer": look_up(question)[0]["page_content"]}


with mlflow.start_run() as run:
    assert ask("why") == {"answer": "WHY"}
first = mlflow.get_last_active_trace_id()
mlflow.flush_trace_async_logging()

trace = mlflow.get_trace(first)
assert trace.info.state == "OK", trace.info
assert trace.info.tags["team"] == "red" and trace.info.tags["mlflow.traceName"] == "ask", trace.info.tags
assert trace.info.trace_metadata["mlflow.trace.session"] == "s1"
names = [s.name for s in trace.data.spans]
assert names == ["ask", "look_up"], names
root, child = trace.data.spans
assert root.inputs == {"question": "why"} and root.outputs == {"answer": "WHY"}, root
assert root.attributes["model"] == "small"
assert child.parent_id == root.span_id and child.span_type == "RETRIEVER"
assert child.outputs[0]["metadata"] == {"n": 1}


@mlflow.trace
def fail():
    raise ValueError("it is broken")


try:
    fail()
except ValueError:
    pass
second = mlflow.get_last_active_trace_id()
mlflow.flush_trace_async_logging()
broken = mlflow.get_trace(second)
assert broken.info.state == "ERROR"
assert broken.data.spans[0].events[0].attributes["exception.message"] == "it is broken"

with mlflow.start_span(name="unicode ✓") as span:
    span.set_inputs({"text": "日本語 \u0000 end", "nan": float("nan"), "big": 2**60, "none": None, "list": []})
third = span.trace_id
mlflow.flush_trace_async_logging()
assert mlflow.get_trace(third).data.spans[0].inputs["text"].startswith("日本語")

assert len(mlflow.search_traces(locations=[experiment], return_type="list")) == 3
found = client.search_traces(locations=[experiment], filter_string="status = 'ERROR'")
assert [t.info.trace_id for t in found] == [second]
found = client.search_traces(locations=[experiment], filter_string=f"run_id = '{run.info.run_id}'")
assert [t.info.trace_id for t in found] == [first]
found = client.search_traces(locations=[experiment], filter_string="tags.team = 'red' AND trace.name LIKE 'a%'")
assert [t.info.trace_id for t in found] == [first]
pages = client.search_traces(locations=[experiment], max_results=2)
assert len(pages) == 2 and len(client.search_traces(locations=[experiment], max_results=2, page_token=pages.token)) == 1
frame = mlflow.search_traces(locations=[experiment])
assert set(frame["trace_id"]) == {first, second, third}

feedback = mlflow.log_feedback(
    trace_id=first, name="helpful", value=True, rationale="short", source=AssessmentSource("HUMAN", "ann"), metadata={"k": "v"}
)
mlflow.log_expectation(trace_id=first, name="expected", value={"answer": ["WHY"]}, span_id=root.span_id)
judged = mlflow.get_trace(first).info.assessments
assert {a.name: a.value for a in judged} == {"helpful": True, "expected": {"answer": ["WHY"]}}, judged
mlflow.override_feedback(trace_id=first, assessment_id=feedback.assessment_id, value=False)
assert mlflow.get_assessment(first, feedback.assessment_id).valid is False
found = client.search_traces(locations=[experiment], filter_string="feedback.helpful = 'false'")
assert [t.info.trace_id for t in found] == [first]
mlflow.delete_assessment(trace_id=first, assessment_id=feedback.assessment_id)

client.set_trace_tag(second, "kind", "bad")
assert client.get_trace(second).info.tags["kind"] == "bad"
client.delete_trace_tag(second, "kind")
assert "kind" not in client.get_trace(second).info.tags
assert client.delete_traces(experiment, trace_ids=[second]) == 1
assert len(client.search_traces(locations=[experiment])) == 2
print("flow passed")
