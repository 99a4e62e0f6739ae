package mlflow

import (
	"strconv"
	"strings"
	"time"

	"rondo/backend/run"
)

// What MLflow's server answers with, as far as it is read.

type wirePair struct{ Key, Value string }

func mapOf(list []wirePair) map[string]string {
	out := make(map[string]string, len(list))
	for _, p := range list {
		out[p.Key] = p.Value
	}
	return out
}

// number is a whole number that may come as text.
type number int64

func (n *number) UnmarshalJSON(b []byte) error {
	x, err := strconv.ParseInt(strings.Trim(string(b), `"`), 10, 64)
	if string(b) == "null" {
		return nil
	}
	if f, e := strconv.ParseFloat(strings.Trim(string(b), `"`), 64); err != nil && e == nil {
		x, err = int64(f), nil
	}
	*n = number(x)
	return err
}

func (n number) moment() time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(n)).UTC()
}

type wireExperiment struct {
	ID        string     `json:"experiment_id"`
	Name      string     `json:"name"`
	Location  string     `json:"artifact_location"`
	Lifecycle string     `json:"lifecycle_stage"`
	Created   number     `json:"creation_time"`
	Updated   number     `json:"last_update_time"`
	Tags      []wirePair `json:"tags"`
}

type wireMetric struct {
	Key     string    `json:"key"`
	Value   run.Float `json:"value"`
	Time    number    `json:"timestamp"`
	Step    number    `json:"step"`
	RunID   string    `json:"run_id"`
	ModelID string    `json:"model_id"`
	Name    string    `json:"dataset_name"`
	Digest  string    `json:"dataset_digest"`
}

func (m wireMetric) point() run.Point {
	return run.Point{Key: m.Key, Value: float64(m.Value), Time: int64(m.Time), Step: int64(m.Step), Model: m.ModelID, Dataset: run.Dataset{Name: m.Name, Digest: m.Digest}}
}

type wireRun struct {
	Info struct {
		ID        string `json:"run_id"`
		UUID      string `json:"run_uuid"`
		Name      string `json:"run_name"`
		User      string `json:"user_id"`
		Status    string `json:"status"`
		Start     number `json:"start_time"`
		End       number `json:"end_time"`
		URI       string `json:"artifact_uri"`
		Lifecycle string `json:"lifecycle_stage"`
	} `json:"info"`
	Data struct {
		Metrics []wireMetric `json:"metrics"`
		Params  []wirePair   `json:"params"`
		Tags    []wirePair   `json:"tags"`
	} `json:"data"`
	Inputs struct {
		Datasets []struct {
			Tags    []wirePair `json:"tags"`
			Dataset struct {
				Name       string `json:"name"`
				Digest     string `json:"digest"`
				SourceType string `json:"source_type"`
				Source     string `json:"source"`
				Schema     string `json:"schema"`
				Profile    string `json:"profile"`
			} `json:"dataset"`
		} `json:"dataset_inputs"`
		Models []struct {
			ID string `json:"model_id"`
		} `json:"model_inputs"`
	} `json:"inputs"`
	Outputs struct {
		Models []struct {
			ID   string `json:"model_id"`
			Step number `json:"step"`
		} `json:"model_outputs"`
	} `json:"outputs"`
}

type wireLogged struct {
	Info struct {
		ID           string     `json:"model_id"`
		ExperimentID string     `json:"experiment_id"`
		Name         string     `json:"name"`
		Created      number     `json:"creation_timestamp_ms"`
		Updated      number     `json:"last_updated_timestamp_ms"`
		URI          string     `json:"artifact_uri"`
		Status       string     `json:"status"`
		Type         string     `json:"model_type"`
		RunID        string     `json:"source_run_id"`
		Message      string     `json:"status_message"`
		Tags         []wirePair `json:"tags"`
	} `json:"info"`
	Data struct {
		Params  []wirePair   `json:"params"`
		Metrics []wireMetric `json:"metrics"`
	} `json:"data"`
}

type wireModel struct {
	Name        string     `json:"name"`
	Created     number     `json:"creation_timestamp"`
	Updated     number     `json:"last_updated_timestamp"`
	Description string     `json:"description"`
	Tags        []wirePair `json:"tags"`
	Aliases     []struct {
		Alias   string `json:"alias"`
		Version string `json:"version"`
	} `json:"aliases"`
}

type wireVersion struct {
	Version     string     `json:"version"`
	Created     number     `json:"creation_timestamp"`
	Updated     number     `json:"last_updated_timestamp"`
	User        string     `json:"user_id"`
	Stage       string     `json:"current_stage"`
	Description string     `json:"description"`
	Source      string     `json:"source"`
	RunID       string     `json:"run_id"`
	Status      string     `json:"status"`
	Message     string     `json:"status_message"`
	ModelID     string     `json:"model_id"`
	Tags        []wirePair `json:"tags"`
}
