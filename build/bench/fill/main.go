// Fill writes many runs into a project folder that nobody serves, as the files of
// docs/formats, and much quicker than a client could log them. The next start of the
// server takes them into the index. It is the loader of build/bench/growth.py.
package main

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"rondo/backend/journal"
	"rondo/backend/run/points"
)

// shape is how much of everything there is to be.
type shape struct {
	experiments, runs, metrics, steps, params, tags int
	long                                            int // points of one more run with one metric
	first                                           int // number of the first run, to add to what is there
}

func main() {
	var s shape
	dir := flag.String("project", "", "project folder")
	device := flag.String("device", "", "id of the device that writes")
	flag.IntVar(&s.experiments, "experiments", 10, "experiments the runs are spread over")
	flag.IntVar(&s.runs, "runs", 1000, "runs")
	flag.IntVar(&s.metrics, "metrics", 50, "metrics of a run")
	flag.IntVar(&s.steps, "steps", 1, "points of a metric")
	flag.IntVar(&s.params, "params", 10, "params of a run")
	flag.IntVar(&s.tags, "tags", 5, "tags of a run")
	flag.IntVar(&s.long, "long", 0, "points of one run more, with one metric")
	flag.IntVar(&s.first, "first", 0, "number of the first run")
	flag.Parse()
	if err := fill(filepath.Join(*dir, ".rondo"), *device, s); err != nil {
		fmt.Fprintln(os.Stderr, "fill:", err)
		os.Exit(1)
	}
}

// filler writes one project.
type filler struct {
	shape
	dir, device string
	journal     *journal.Journal
	group       []journal.Record
	now         int64 // ms since 1970 of the next run
}

const grouped = 1000 // records that are synced together

func fill(dir, device string, s shape) error {
	j, err := journal.Open(filepath.Join(dir, "journal"), journal.Options{Device: device})
	if err != nil {
		return err
	}
	defer j.Close()
	f := &filler{shape: s, dir: dir, device: device, journal: j, now: time.Now().UnixMilli() - int64(s.runs)*1000}
	if s.first == 0 {
		for i := range s.experiments {
			if err := f.record("experiment.create", experiment(i), map[string]any{"name": fmt.Sprint("team ", i), "tags": map[string]string{}}); err != nil {
				return err
			}
		}
	}
	for i := s.first; i < s.first+s.runs; i++ {
		if err := f.run(i, f.points(i)); err != nil {
			return err
		}
	}
	if s.long > 0 {
		if err := f.run(longRun, f.line()); err != nil {
			return err
		}
	}
	return f.flush()
}

// longRun is the number of the run with the long history.
const longRun = 0xfffffff

func experiment(i int) string { return fmt.Sprint(700_000_000_000_000_000 + i) }

func runID(i int) string { return fmt.Sprintf("%032x", uint64(i)*0x9e3779b97f4a7c15+1) }

func (f *filler) record(kind, id string, data any) error {
	b, err := marshal(data)
	if err != nil {
		return err
	}
	prev := f.journal.Last()
	if n := len(f.group); n > 0 {
		prev = f.group[n-1]
	}
	f.group = append(f.group, f.journal.Draft(prev, "fill", kind, id, b))
	if len(f.group) >= grouped {
		return f.flush()
	}
	return nil
}

func (f *filler) flush() error {
	list := f.group
	f.group = nil
	if len(list) == 0 {
		return nil
	}
	return f.journal.Append(list)
}

func (f *filler) run(i int, blocks [][]points.Point) error {
	id := runID(i)
	f.now += 1000
	err := f.record("run.create", id, map[string]any{
		"experiment_id": experiment(i % f.experiments), "name": fmt.Sprint("run ", i), "user": "ann", "kind": "client", "status": "RUNNING",
		"started_ms": f.now, "params": f.pairs("p", f.params, i), "tags": f.pairs("t", f.tags, i),
	})
	if err != nil {
		return err
	}
	if err := f.record("run.update", id, map[string]any{"status": "FINISHED", "ended_ms": f.now + 900}); err != nil {
		return err
	}
	path := filepath.Join(f.dir, "runs", id, "metrics", f.device+".points")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	b, err := points.File(blocks...)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

// pairs gives the key with number k one of 10·(k+1) values.
func (f *filler) pairs(letter string, n, i int) map[string]string {
	all := map[string]string{}
	for k := range n {
		all[fmt.Sprint(letter, k)] = fmt.Sprint("value ", i/f.experiments%(10*(k+1)))
	}
	return all
}

// points of a run: metric k has values between k and k+1.
func (f *filler) points(i int) [][]points.Point {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	list := make([]points.Point, 0, f.metrics*f.steps)
	for k := range f.metrics {
		key := fmt.Sprintf("m%d", k)
		for step := range f.steps {
			list = append(list, points.Point{Key: key, Value: float64(k) + r.Float64(), Step: int64(step), Time: f.now + int64(step)})
		}
	}
	return chunks(list, points.MaxBatch)
}

func (f *filler) line() [][]points.Point {
	r := rand.New(rand.NewPCG(1, 1))
	list := make([]points.Point, f.long)
	for i := range list {
		list[i] = points.Point{Key: "loss", Value: r.Float64(), Step: int64(i), Time: f.now + int64(i)}
	}
	return chunks(list, 1000)
}
