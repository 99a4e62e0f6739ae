package run

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"rondo/backend/event"
	"rondo/backend/ledger"
	"rondo/backend/run/points"
	"rondo/backend/seals"
)

// Options say what a Service works with.
type Options struct {
	Ledger      *ledger.Ledger
	Dir         string     // the project folder; a run's files are in .rondo/runs/<id>
	DeviceDir   string     // this device's folder for the project; empty: every start looks at every run's points
	Events      *event.Bus // hears of logged metrics as run.metrics; may be nil
	MaxArtifact int64      // bytes of one artifact; 0 means 64 GiB
	Now         func() time.Time
}

// Service keeps the experiments and runs of one project.
type Service struct {
	opts    Options
	runs    string // folder of all runs
	logs    logs
	waiting waiting
	seals   *seals.Keeper
	durable durable
	table   table
	lines   lines

	mark  mark
	later sync.WaitGroup // catching up with other devices

	settling sync.Mutex
	woken    chan struct{}
	closing  chan struct{}
	settled  chan struct{} // closed when keepSettled has ended
	once     sync.Once

	keeping sync.WaitGroup // keepColumns
	endKeep context.CancelFunc

	mu      sync.Mutex
	repairs []string

	tidied sync.Map // owners whose unfinished files were looked at
}

// Open readies the service: it brings the index up to the files of metric points and
// cuts what a crash left unfinished at the end of this device's own.
func Open(ctx context.Context, opts Options) (*Service, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.MaxArtifact <= 0 {
		opts.MaxArtifact = 64 << 30
	}
	s := &Service{
		opts: opts, runs: runsDir(opts.Dir),
		woken: make(chan struct{}, 1), closing: make(chan struct{}), settled: make(chan struct{}),
	}
	s.seals = seals.NewKeeper(opts.Ledger.Device(), opts.Now)
	s.logs = logs{s: s, open: map[string]*openLog{}}
	s.waiting = waiting{runs: map[string]*waitingRun{}, wake: s.wake}
	s.table.drop()
	s.mark = mark{dir: opts.DeviceDir}
	if err := s.recover(ctx); err != nil {
		return nil, err
	}
	opts.Ledger.BeforeDump(func(ctx context.Context) error {
		s.later.Wait()
		return s.settle(ctx)
	})
	go s.keepSettled()
	keep, end := context.WithCancel(context.WithoutCancel(ctx))
	s.endKeep = end
	s.keeping.Go(func() { s.keepColumns(keep) })
	return s, nil
}

// mend cuts the unfinished ends of files, which are this device's own: others' may still
// be on their way here.
func (s *Service) mend(list []points.Damage) error {
	for _, d := range list {
		if d.Tail {
			l, err := points.Open(d.File, d.At)
			if err != nil {
				return err
			}
			l.Close()
		}
	}
	s.note(list)
	return nil
}

func (s *Service) note(list []points.Damage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range relative(s.opts.Dir, list) {
		if text := d.String(); !slices.Contains(s.repairs, text) {
			s.repairs = append(s.repairs, text)
		}
	}
}

// noteInside keeps damage that reading came upon. A tail is a write that goes on.
func (s *Service) noteInside(list []points.Damage) {
	s.note(slices.DeleteFunc(list, func(d points.Damage) bool { return d.Tail }))
}

// Repairs tells what was cut or could not be read since Open, in words.
func (s *Service) Repairs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.repairs...)
}

// Damage tells what was cut or could not be read of one run's points since Open, in words.
func (s *Service) Damage(id string) []string {
	return slices.DeleteFunc(s.Repairs(), func(text string) bool { return !strings.Contains(filepath.ToSlash(text), "/runs/"+id+"/") })
}

func (s *Service) now() time.Time { return s.opts.Now() }

// Close makes what is buffered durable.
func (s *Service) Close() (err error) {
	s.once.Do(func() {
		s.endKeep()
		s.logs.closeAll()
		close(s.closing)
		<-s.settled
		s.keeping.Wait()
		s.later.Wait()
		if err = s.settle(context.Background()); err == nil {
			err = s.clean(context.Background())
		}
	})
	return err
}

// Dir returns the folder of a run.
func (s *Service) Dir(id string) string {
	if checkID("run", id) != nil {
		return filepath.Join(s.runs, "invalid") // never a place outside
	}
	return filepath.Join(s.runs, id)
}

// Logged tells of metrics that were logged since the last such event, run.metrics: the
// latest of each key.
type Logged struct {
	Metrics []Metric `json:"metrics"`
	More    int      `json:"more,omitempty"` // keys beyond those told
}

const maxAnnounced = 64 // keys of one event

func (s *Service) announce(id string, sums summaries) {
	if s.opts.Events == nil || len(sums.Keys) == 0 {
		return
	}
	out := Logged{Metrics: make([]Metric, 0, min(len(sums.Keys), maxAnnounced))}
	for i, k := range sums.Keys {
		if i == maxAnnounced {
			out.More = len(sums.Keys) - maxAnnounced
			break
		}
		out.Metrics = append(out.Metrics, k.metric())
	}
	s.opts.Events.Publish("run.metrics", id, out)
}

func (k summary) metric() Metric {
	l := k.Latest
	return Metric{
		Key: k.Key, Value: Float(value(l.Bits)), Step: l.Step, Time: l.Time, Min: k.Min, Max: k.Max, Count: k.Count,
		Model: l.Model, Data: Dataset{l.Dataset, l.Digest},
	}
}
