package mlflow

import (
	"maps"
	"slices"
	"time"

	"rondo/backend/run"
)

// The shapes of answers. What the protocol leaves out when it is empty has omitempty.

// nothing is the answer to a request that only asks for something to be done.
type nothing struct{}

type pair = run.Pair

// listed makes the protocol's list of a map, by key.
func listed(m map[string]string) []pair {
	out := make([]pair, 0, len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, pair{Key: k, Value: m[k]})
	}
	return out
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

type experiment struct {
	ID        string `json:"experiment_id"`
	Name      string `json:"name"`
	Location  string `json:"artifact_location"`
	Lifecycle string `json:"lifecycle_stage"`
	Updated   int64  `json:"last_update_time"`
	Created   int64  `json:"creation_time"`
	Tags      []pair `json:"tags,omitempty"`
}

func wireExperiment(e run.Experiment) experiment {
	return experiment{
		ID: e.ID, Name: e.Name, Location: scheme + e.ID, Lifecycle: e.Lifecycle,
		Updated: millis(e.UpdatedAt), Created: millis(e.CreatedAt), Tags: listed(e.Tags),
	}
}

type runInfo struct {
	UUID         string `json:"run_uuid"`
	ExperimentID string `json:"experiment_id"`
	Name         string `json:"run_name"`
	User         string `json:"user_id"`
	Status       string `json:"status"`
	Start        int64  `json:"start_time,omitempty"`
	End          int64  `json:"end_time,omitempty"`
	ArtifactURI  string `json:"artifact_uri"`
	Lifecycle    string `json:"lifecycle_stage"`
	ID           string `json:"run_id"`
}

type metric struct {
	Key     string    `json:"key"`
	Value   run.Float `json:"value"`
	Time    int64     `json:"timestamp"`
	Step    int64     `json:"step"`
	Dataset string    `json:"dataset_name,omitempty"`
	Digest  string    `json:"dataset_digest,omitempty"`
	Model   string    `json:"model_id,omitempty"`
	RunID   string    `json:"run_id,omitempty"`
}

type runData struct {
	Metrics []metric `json:"metrics,omitempty"`
	Params  []pair   `json:"params,omitempty"`
	Tags    []pair   `json:"tags,omitempty"`
}

type wireDataset struct {
	Name       string `json:"name"`
	Digest     string `json:"digest"`
	SourceType string `json:"source_type"`
	Source     string `json:"source"`
	Schema     string `json:"schema,omitempty"`
	Profile    string `json:"profile,omitempty"`
}

type datasetInput struct {
	Tags    []pair      `json:"tags,omitempty"`
	Dataset wireDataset `json:"dataset"`
}

type modelInput struct {
	ID string `json:"model_id"`
}

type runInputs struct {
	Datasets []datasetInput `json:"dataset_inputs,omitempty"`
	Models   []modelInput   `json:"model_inputs,omitempty"`
}

type runOutputs struct {
	Models []run.ModelOutput `json:"model_outputs,omitempty"`
}

type wireRun struct {
	Info    runInfo    `json:"info"`
	Data    runData    `json:"data"`
	Inputs  runInputs  `json:"inputs"`
	Outputs runOutputs `json:"outputs"`
}

type runAnswer struct {
	Run wireRun `json:"run"`
}

func wireInfo(r *run.Run) runInfo {
	return runInfo{
		UUID: r.ID, ID: r.ID, ExperimentID: r.ExperimentID, Name: r.Name, User: r.User, Status: r.Status, Lifecycle: r.Lifecycle,
		Start: millis(r.StartedAt), End: millis(r.EndedAt), ArtifactURI: runURI(r.ExperimentID, r.ID),
	}
}

func fromRun(r run.Run) wireRun {
	tags := maps.Clone(r.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	tags[nameTag] = r.Name // as clients expect
	out := wireRun{Info: wireInfo(&r), Data: runData{Params: listed(r.Params), Tags: listed(tags)}, Inputs: wireInputs(&r), Outputs: runOutputs{r.ModelOutputs}}
	for _, k := range slices.Sorted(maps.Keys(r.Metrics)) {
		m := r.Metrics[k]
		out.Data.Metrics = append(out.Data.Metrics, wireMetric(&m))
	}
	return out
}

func wireInputs(r *run.Run) (out runInputs) {
	for _, in := range r.Inputs {
		out.Datasets = append(out.Datasets, datasetInput{listed(in.Tags), wireDataset{in.Name, in.Digest, in.SourceType, in.Source, in.Schema, in.Profile}})
	}
	for _, id := range r.ModelInputs {
		out.Models = append(out.Models, modelInput{id})
	}
	return out
}

func wireMetric(m *run.Metric) metric {
	return metric{Key: m.Key, Value: m.Value, Time: m.Time, Step: m.Step, Dataset: m.Data.Name, Digest: m.Data.Digest, Model: m.Model}
}

const nameTag = "mlflow.runName"

// eachTag calls fn for every tag in the order of their keys, with the run's name as one
// of them, as clients expect.
func eachTag(r *run.Listed, fn func(key, value []byte)) error {
	named := false
	name := func() {
		if !named {
			fn([]byte(nameTag), []byte(r.Name))
			named = true
		}
	}
	err := r.EachTag(func(key, value []byte) {
		if string(key) >= nameTag {
			name()
		}
		if string(key) != nameTag {
			fn(key, value)
		}
	})
	name()
	return err
}
