package serve

import (
	"context"
	"path/filepath"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"rondo/backend/errs"
	"rondo/backend/event"
)

// Service owns the endpoints of one project on one device.
type Service struct {
	opts      Options
	endpoints atomic.Pointer[map[string]*endpoint] // replaced whole, so that a request finds its endpoint without a lock
	mu        sync.Mutex                           // of changes to the set
	project   map[string]Spec                      // what rondo.yaml declares
	apart     apart
	writer    *writer
	repairs   []string

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup
	sub  *event.Sub
}

const (
	usualQueue = 65536
	usualDrain = 30 * time.Second
)

// Open reads the endpoints and starts loading what they route to, in the background.
func Open(ctx context.Context, opts Options) (*Service, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.CaptureQueue <= 0 {
		opts.CaptureQueue = usualQueue
	}
	if opts.Drain <= 0 {
		opts.Drain = usualDrain
	}
	s := &Service{opts: opts}
	s.ctx, s.stop = context.WithCancel(context.Background())
	s.endpoints.Store(&map[string]*endpoint{})
	var err error
	if s.writer, s.repairs, err = openWriter(ctx, &s.opts); err != nil {
		s.stop()
		return nil, err
	}
	if err := s.reconcile(ctx); err != nil {
		s.Close()
		return nil, err
	}
	if opts.Events != nil {
		s.sub = opts.Events.Subscribe(opts.Events.Last(), 256)
		s.work.Go(s.listen)
	}
	return s, nil
}

// Repairs tells what Open had to mend in the captures, in words.
func (s *Service) Repairs() []string { return s.repairs }

// Close drains the deployments and writes the captures that still wait.
func (s *Service) Close() error {
	s.stop()
	if s.sub != nil {
		s.sub.Close()
	}
	s.mu.Lock()
	all := *s.endpoints.Load()
	s.endpoints.Store(&map[string]*endpoint{})
	s.mu.Unlock()
	for _, ep := range all {
		ep.retire(&s.work, s.opts.Drain)
	}
	s.apart.close(&s.work, s.opts.Drain)
	s.work.Wait()
	return s.writer.close()
}

func capturesDir(dir string) string { return filepath.Join(dir, ".rondo", "captures") }

var nameRule = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`) })

func (t Target) check() error {
	switch {
	case t.Model == "":
		return errs.New(errs.Invalid, "an endpoint needs a model").WithHint("`rondo model list` shows what is registered")
	case t.Alias != "" && t.Version != 0:
		return errs.New(errs.Invalid, "an endpoint follows an alias or stays at a version, not both")
	case t.Alias == "" && t.Version <= 0:
		return errs.New(errs.Invalid, "an endpoint needs the alias or the version of model %q that it serves", t.Model).
			WithHint("alias champion is what gates promote to")
	}
	return nil
}

func (s Spec) check() error {
	if !nameRule().MatchString(s.Name) {
		return errs.New(errs.Invalid, "%.80q cannot be an endpoint's name", s.Name).
			WithHint("use letters, digits, dots, dashes and underscores, at most 128, a letter or digit first")
	}
	if !(s.Capture >= 0 && s.Capture <= 1) {
		return errs.New(errs.Invalid, "capture of endpoint %s is a share between 0 and 1, not %v", s.Name, s.Capture)
	}
	return s.Target.check()
}
