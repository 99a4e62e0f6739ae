// Writes logs to a server of MLflow's protocol as many clients do at once and prints
// how long the answers took. It is the load generator of build/bench/growth.py.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

func main() {
	var l load
	flag.StringVar(&l.base, "url", "", "address of the server")
	flag.StringVar(&l.token, "token", "", "bearer token")
	flag.StringVar(&l.what, "what", "metric", "metric, batch or run")
	flag.StringVar(&l.experiment, "experiment", "0", "experiment of the runs")
	flag.IntVar(&l.clients, "clients", 1, "concurrent clients")
	flag.DurationVar(&l.time, "time", 2*time.Second, "how long")
	flag.Parse()
	if err := l.run(); err != nil {
		fmt.Fprintln(os.Stderr, "writes:", err)
		os.Exit(1)
	}
}

// load is one measurement.
type load struct {
	base, token, what string
	experiment        string
	clients           int
	time              time.Duration
	http              *http.Client
}

const batchSize = 1000 // metrics of one batch, of ten keys

func (l *load) run() error {
	l.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: l.clients}, Timeout: 120 * time.Second}
	took, fails := make([][]time.Duration, l.clients), make([][]error, l.clients)
	runs := make([]string, l.clients)
	for c := range runs {
		var err error
		if runs[c], err = l.newRun(); err != nil {
			return err
		}
	}
	var wg sync.WaitGroup
	began := time.Now()
	for c := range l.clients {
		wg.Go(func() { took[c], fails[c] = l.client(runs[c], began.Add(l.time)) })
	}
	wg.Wait()
	return l.report(slices.Concat(took...), slices.Concat(fails...), time.Since(began))
}

// client returns what calls took that succeeded, and why others did not.
func (l *load) client(run string, until time.Time) (took []time.Duration, fails []error) {
	for i := 0; i < 1 || time.Now().Before(until); i++ {
		began := time.Now()
		if err := l.one(run, i); err != nil {
			fails = append(fails, err)
		} else {
			took = append(took, time.Since(began))
		}
	}
	return took, fails
}

func (l *load) one(run string, i int) error {
	switch l.what {
	case "metric":
		_, err := l.post("log-metric", fmt.Sprintf(`{"run_id":%q,"run_uuid":%q,"key":"loss","value":0.5,"timestamp":%d,"step":%d}`, run, run, 1000+i, i))
		return err
	case "batch":
		_, err := l.post("log-batch", batch(run, i))
		return err
	}
	_, err := l.newRun()
	return err
}

func batch(run string, i int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `{"run_id":%q,"metrics":[`, run)
	for k := range batchSize {
		if k > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"key":"m%d","value":%d.5,"timestamp":%d,"step":%d}`, k%10, k, 1000+i, i*batchSize/10+k/10)
	}
	b.WriteString("]}")
	return b.String()
}

func (l *load) newRun() (string, error) {
	b, err := l.post("create", fmt.Sprintf(`{"experiment_id":%q,"start_time":1,"tags":[{"key":"mlflow.user","value":"ann"}]}`, l.experiment))
	var out struct {
		Run struct {
			Info struct {
				RunID string `json:"run_id"`
			}
		}
	}
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	return out.Run.Info.RunID, err
}

func (l *load) post(verb, body string) ([]byte, error) {
	req, err := http.NewRequest(http.MethodPost, l.base+"/api/2.0/mlflow/runs/"+verb, bytes.NewReader([]byte(body)))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if l.token != "" {
		req.Header.Set("Authorization", "Bearer "+l.token)
	}
	res, err := l.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", verb, res.Status, b)
	}
	return b, err
}

func (l *load) report(all []time.Duration, fails []error, wall time.Duration) error {
	out := map[string]any{"calls": len(all), "failed": len(fails), "per_second": float64(len(all)) / wall.Seconds()}
	if len(fails) > 0 {
		out["why"] = fails[0].Error()
	}
	if len(all) > 0 {
		slices.Sort(all)
		out["p50_us"], out["p95_us"] = all[len(all)/2].Microseconds(), all[len(all)*95/100].Microseconds()
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}
