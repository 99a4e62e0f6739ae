package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rondo/app/sample"
	"rondo/backend/errs"
)

// tally counts what clients saw.
type tally struct {
	sent, failed atomic.Int64
	versions     sync.Map // version to *atomic.Int64
	lastError    atomic.Value
}

func (t *tally) answered(version string) int64 {
	n, _ := t.versions.LoadOrStore(version, new(atomic.Int64))
	return n.(*atomic.Int64).Add(1)
}

func (t *tally) by(version string) int64 {
	if n, ok := t.versions.Load(version); ok {
		return n.(*atomic.Int64).Load()
	}
	return 0
}

// requestID names a day's request, so that its truth can follow.
func requestID(round string, d sample.Day) string {
	return fmt.Sprintf("%s-%s-%s", round, strings.ReplaceAll(strings.ToLower(d.Location), " ", "-"), d.Date.Format(time.DateOnly))
}

// ask sends one day through the Open Inference Protocol, as any client would.
func (d *Demo) ask(ctx context.Context, t *tally, round string, day sample.Day) error {
	t.sent.Add(1)
	version, err := d.infer(ctx, requestID(round, day), day)
	if err != nil {
		t.failed.Add(1)
		t.lastError.Store(err.Error())
		return err
	}
	t.answered(version)
	return nil
}

func (d *Demo) infer(ctx context.Context, id string, day sample.Day) (version string, err error) {
	input := func(name, datatype string, v any) map[string]any {
		return map[string]any{"name": name, "datatype": datatype, "shape": []int{1}, "data": []any{v}}
	}
	body, err := json.Marshal(map[string]any{
		"id": id,
		"parameters": map[string]any{"attributes": map[string]any{
			"location": day.Location, "date": day.Date.Format(time.DateOnly),
		}},
		"inputs": []any{
			input("temp_max", "FP64", day.TempMax), input("temp_min", "FP64", day.TempMin),
			input("wind", "FP64", day.Wind), input("day", "INT64", day.Date.YearDay()),
		},
	})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.serving+"/v2/models/weather/infer", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+d.token)
	return answer(http.DefaultClient.Do(req))
}

func answer(res *http.Response, err error) (version string, _ error) {
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return "", err
	}
	if res.StatusCode != http.StatusOK {
		return "", errs.New(errs.Unavailable, "the endpoint answered %s: %s", res.Status, bytes.TrimSpace(b))
	}
	var out struct {
		Version string           `json:"model_version"`
		Outputs []map[string]any `json:"outputs"`
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return "", err
	}
	if len(out.Outputs) == 0 {
		return "", missing("outputs in the answer")
	}
	return out.Version, nil
}

// send asks for all days in order, a few at a time, and reports on failures.
func (d *Demo) send(ctx context.Context, round string, days []sample.Day) (*tally, error) {
	t := new(tally)
	for _, day := range days {
		if err := d.ask(ctx, t, round, day); err != nil {
			return t, err
		}
	}
	return t, nil
}

// label tells the endpoint what the weather really was.
func (d *Demo) label(ctx context.Context, round string, days []sample.Day) error {
	type row struct {
		ID      string         `json:"id"`
		Label   int            `json:"label"`
		Columns map[string]any `json:"columns"`
	}
	rows := make([]row, len(days))
	for i, day := range days {
		rows[i] = row{ID: requestID(round, day), Columns: map[string]any{"precipitation": day.Precipitation, "weather": day.Weather}}
		if day.Wet() {
			rows[i].Label = 1
		}
	}
	var out struct {
		Matched int `json:"matched"`
	}
	if err := d.api.Post(ctx, "/endpoints/weather/truth", map[string]any{"rows": rows}, &out); err != nil {
		return err
	}
	if out.Matched != len(rows) {
		return missing("%d labels to find their captured prediction; %d did", len(rows), out.Matched)
	}
	return nil
}

// flow keeps asking from several clients until a whole year has been answered by
// the wanted version, and counts every request that fails.
func (d *Demo) flow(ctx context.Context, days []sample.Day, version string) (t *tally, wait func() error) {
	t = new(tally)
	var next atomic.Int64
	var wg sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil && t.by(version) < int64(len(days))-3 {
				n := next.Add(1) - 1
				d.ask(ctx, t, fmt.Sprint("flow", n), days[n%int64(len(days))])
			}
		})
	}
	return t, func() error {
		defer cancel()
		wg.Wait()
		for n := next.Load(); t.by(version) < int64(len(days)); n++ {
			if err := d.ask(ctx, t, fmt.Sprint("flow", n), days[n%int64(len(days))]); err != nil {
				return err
			}
		}
		return nil
	}
}
