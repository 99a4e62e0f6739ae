package step

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"rondo/backend/errs"
)

const (
	trackTimeout = 30 * time.Second
	trackBatch   = 1000 // metrics in one request, MLflow's limit
)

// tracker logs to a tracking server through MLflow's REST API, as any script would.
type tracker struct {
	base, runID string
	own         bool // the run was begun here and ends here
}

// track logs metrics to the run of MLFLOW_RUN_ID, or to a run of its own. Without a
// tracking server in the environment it does nothing.
func track(ctx context.Context, m metrics) error {
	uri := os.Getenv("MLFLOW_TRACKING_URI")
	if !strings.HasPrefix(uri, "http://") && !strings.HasPrefix(uri, "https://") {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, trackTimeout)
	defer cancel()
	t := &tracker{base: strings.TrimRight(uri, "/") + "/api/2.0/mlflow/", runID: os.Getenv("MLFLOW_RUN_ID")}
	if err := t.log(ctx, m); err != nil {
		return errs.Wrap(errs.Unavailable, err, "the metrics could not be logged to %s", uri)
	}
	return nil
}

func (t *tracker) log(ctx context.Context, m metrics) error {
	if t.runID == "" {
		if err := t.begin(ctx); err != nil {
			return err
		}
	}
	type metric struct {
		Key       string  `json:"key"`
		Value     float64 `json:"value"`
		Timestamp int64   `json:"timestamp"`
		Step      int64   `json:"step"`
	}
	var list []metric
	for _, name := range m.names {
		list = append(list, metric{Key: metricKey(name), Value: m.values[name], Timestamp: time.Now().UnixMilli()})
	}
	for len(list) > 0 {
		n := min(len(list), trackBatch)
		if err := t.post(ctx, "runs/log-batch", map[string]any{"run_id": t.runID, "metrics": list[:n]}, nil); err != nil {
			return err
		}
		list = list[n:]
	}
	if !t.own {
		return nil
	}
	return t.post(ctx, "runs/update", map[string]any{"run_id": t.runID, "status": "FINISHED", "end_time": time.Now().UnixMilli()}, nil)
}

// metricKey keeps to the characters that MLflow allows in a metric's name.
func metricKey(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-. /", r) {
			return r
		}
		return '_'
	}, name)
}

func (t *tracker) begin(ctx context.Context) error {
	var out struct {
		Run struct {
			Info struct {
				RunID string `json:"run_id"`
			} `json:"info"`
		} `json:"run"`
	}
	in := map[string]any{"experiment_id": cmp.Or(os.Getenv("MLFLOW_EXPERIMENT_ID"), "0"), "start_time": time.Now().UnixMilli()}
	if err := t.post(ctx, "runs/create", in, &out); err != nil {
		return err
	}
	if t.runID, t.own = out.Run.Info.RunID, true; t.runID == "" {
		return errs.New(errs.Unavailable, "the server began a run without an id")
	}
	return nil
}

func (t *tracker) post(ctx context.Context, path string, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.base+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	if token := os.Getenv("MLFLOW_TRACKING_TOKEN"); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	} else if user := os.Getenv("MLFLOW_TRACKING_USERNAME"); user != "" {
		req.SetBasicAuth(user, os.Getenv("MLFLOW_TRACKING_PASSWORD"))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		return errs.New(errs.Unavailable, "it answered %s: %.300s", res.Status, body)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(body, out)
}
