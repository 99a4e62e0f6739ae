//go:build conformance

package mlflow_test

import "regexp"

// allowed are the differences between the answers of MLflow's server and Rondo's that
// are meant, each with its reason.
var allowed = []struct {
	name, route, field, theirs, ours, reason string
}{
	{"clock", "", `(time|timestamp|_ms|created|updated)$`, `^"?\d[\d:.TZ-]*"?$`, `^"?\d[\d:.TZ-]*"?$`, "each server says when it did something; the first experiment was there before any time"},
	{"words", "", `^message$`, "", "", "the words of an error; its code and status are the same"},
	{"workspace", "", `(^|\.)workspace$`, `"default"`, "nothing", "Rondo has no workspaces"},
	{"databricks", "", `^(error_class|sqlstate)$`, "", "nothing", "fields that no client of the open protocol reads"},
	{"nothing", "", `outputs$`, "nothing", `^{}$`, "an empty message and none are the same"},
	{"put", "^PUT /mlflow-artifacts", "^content$", "^$", `^\{\}\n$`, "what answers that a file was stored; the client does not read it"},
	{"size", "", "file_size$", `^\d+$`, `^\d+$`, "a file that says the experiment's id is longer by its digits"},
	{"copy", "get-download-uri", "^artifact_uri$", "", "registry/", "a version is a copy of its own"},
	{"told", "", `((metrics\[\]\.(model_id|dataset_name|dataset_digest)|registrations|\.aliases|dataset\.experiment_ids|datasets\[\]\.experiment_ids)|^dataset)$`, "nothing", "", "Rondo tells more of what it knows"},
	{"bookkeeping", "", `mlflow\.trace\.infoFinalized$`, `"true"`, "nothing", "a note of MLflow's server to itself"},
	{"stale", "POST .*/traces$", `tags\.`, "nothing", "", "MLflow's answer leaves out tags that it has just stored"},
	{"features", "server-info", "(gateway|presigned)", "true", "false", "parts that Rondo does not have"},
	{"digest", "/datasets", `digest$`, `^"[0-9a-f]{8}"$`, `^"[0-9a-f]{8}"$`, "it is made of the time"},
	{"small", "/scorers", "experiment_id$", `^\d+$`, "nothing", "the protocol's number is too small for Rondo's ids of experiments"},
	{"number", "/scorers/register", "^version$", "^2$", "^3$", "a number is never used twice"},
	{"parts", "/mlflow-artifacts/(mpu/create|presigned)/", "^status$", "^501 ", "^200 ", "MLflow takes and gives files in parts only with a cloud's store behind it; Rondo does by itself"},
	{"infinity", "", `value$`, `^-?1\.7976931348623157e\+308$`, `Infinity`, "an infinity stays one"},
}

// allowedRule names the rule that a difference falls under, or nothing.
func allowedRule(d difference) string {
	for _, a := range allowed {
		if regexp.MustCompile(a.route).MatchString(d.route) && regexp.MustCompile(a.field).MatchString(d.field) &&
			regexp.MustCompile(a.theirs).MatchString(d.theirs) && regexp.MustCompile(a.ours).MatchString(d.ours) {
			return a.name
		}
	}
	return ""
}
