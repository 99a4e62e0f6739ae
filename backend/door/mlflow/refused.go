package mlflow

import (
	"net/http"
	"strings"
)

// absent are the parts of MLflow that Rondo does not have, by the start of their
// addresses behind prefix and version (or of the whole one). Each is refused in words
// that a client shows to its user.
var absent = []struct{ path, what string }{
	{"/mlflow/gateway", "an AI gateway"},
	{"/gateway", "an AI gateway"},
	{"/mlflow/prompt-optimization", "the optimisation of prompts"},
	{"/mlflow/runs/create-promptlab-run", "the prompt lab"},
	{"/mlflow/label-schemas", "label schemas"},
	{"/mlflow/review-queues", "review queues"},
	{"/mlflow/issues", "issues"},
	{"/mlflow/workspaces", "workspaces"},
	{"/mlflow/users", "accounts"},
	{"/mlflow/jobs", "MLflow's jobs"},
	{"/jobs", "MLflow's jobs"},
	{"/mlflow/mcp-servers", "a registry of MCP servers"},
	{"/mlflow/skills", "a registry of skills"},
	{"/mlflow/assistant", "an assistant"},
	{"/mlflow/scorers/online-config", "online scoring"},
	{"/mlflow/scorer/invoke", "online scoring"},
	{"/mlflow/genai/evaluate/invoke", "evaluation on the server"},
	{"/mlflow/artifacts/presigned-", "addresses of a bucket; files go through /mlflow-artifacts"},
	{"/mlflow/unified-traces", "traces of Databricks"},
	{"/mlflow/get-online-trace-details", "traces of Databricks"},
}

// refused says that Rondo does not have something at all.
func refused(what string) error {
	return &refusal{"ENDPOINT_NOT_FOUND", http.StatusNotFound, "Rondo does not have " + what + ". It keeps experiments, runs, artifacts, models, prompts, traces and evaluation datasets"}
}

// noRoute is the answer where nobody answers.
func noRoute(req *http.Request, path string, allowed bool) error {
	for _, a := range absent {
		if strings.HasPrefix(path, a.path) {
			return refused(a.what)
		}
	}
	if allowed {
		return &refusal{"ENDPOINT_NOT_FOUND", http.StatusMethodNotAllowed, short(req.URL.Path, 200) + " does not answer " + short(req.Method, 20)}
	}
	return &refusal{"ENDPOINT_NOT_FOUND", http.StatusNotFound, "Rondo does not answer " + short(req.URL.Path, 200)}
}
