package dataset

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"rondo/backend/dataset/background"
	"rondo/backend/dataset/far"
	"rondo/backend/dataset/profile"
	"rondo/backend/errs"
	"rondo/backend/ledger"
	"rondo/backend/store"
)

// Options say what a Service works with.
type Options struct {
	Ledger *ledger.Ledger
	Store  *store.Store
	Dir    string // the project folder
	Device string // this device's folder
	Users  Users  // nil: nobody is known to use anything
	// Lineage draws what a snapshot was made of and what of it; nil: nobody knows.
	Lineage func(context.Context, Snapshot) (Lineage, error)
	// Declared is what rondo.yaml says of the datasets at this moment; nil, or where it
	// returns nil: as Sync was told last.
	Declared func() (map[string]Setting, error)
	// Progress hears of long work a few times a second; nil: nobody does.
	Progress func(Progress)
	// Compare judges how columns are spread in two snapshots; nil: nobody does.
	Compare func([]profile.Spread) []profile.Shift
	// Boot is which of the machine's starts this is. A checkout then answers before the disk has
	// its files, and a stop in between is noticed; empty: nobody knows, and the disk is waited for.
	Boot string
	Now  func() time.Time
	Log  *slog.Logger
}

// Service keeps the datasets of one project.
type Service struct {
	opts Options
	root *os.Root // the project folder: every path of a dataset goes through it

	mu    sync.Mutex
	locks map[string]*sync.Mutex // one writer per dataset
	rules map[string]Keep        // of datasets, as rondo.yaml says them
	link  store.Link             // how large files are kept and brought back
	notes map[string]*unsettled  // of checkouts that the disk may not have, by id
	sure  map[string]bool        // paths whose files were read, and had lost nothing

	remotes *far.Remotes

	collecting sync.Mutex    // while it is told what is not needed, nothing is brought back
	counting   chan struct{} // held by who counts what objects take on the disk
	counted    countedUsage
	compared   comparisons

	background sync.WaitGroup  // profiles that are being made
	profiling  sync.Map        // a snapshot's id: the *making of its profile
	foreground background.Gate // snapshots, checkouts and what else somebody waits for
	stop       context.CancelFunc
	stopped    context.Context
}

// Open readies the service and removes what an interrupted checkout left.
func Open(_ context.Context, opts Options) (*Service, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	root, err := os.OpenRoot(opts.Dir)
	if err != nil {
		return nil, errs.New(errs.Unavailable, "open the project folder: %w", err)
	}
	s := &Service{opts: opts, root: root, locks: map[string]*sync.Mutex{}, notes: map[string]*unsettled{}, sure: map[string]bool{}, counting: make(chan struct{}, 1)}
	s.remotes = &far.Remotes{Project: opts.Dir, Device: opts.Device, Now: opts.Now, Log: opts.Log}
	s.stopped, s.stop = context.WithCancel(context.Background())
	return s, errors.Join(s.clean(), s.resume())
}

// Close ends the work in the background, and waits until the disk has what was checked out.
// A profile that is not finished is made when it is next asked for.
func (s *Service) Close() error {
	s.stop()
	s.background.Wait()
	return s.root.Close()
}

// SetLink says how large files are kept and brought back from now on; empty means copied.
func (s *Service) SetLink(how store.Link) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.link = how
}

func (s *Service) linking() store.Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.link
}

// lock makes the caller the only one who works on the dataset's files. Profiles rest meanwhile.
func (s *Service) lock(name string) (unlock func()) {
	s.mu.Lock()
	l := s.locks[name]
	if l == nil {
		l = &sync.Mutex{}
		s.locks[name] = l
	}
	s.mu.Unlock()
	leave := s.foreground.Enter()
	l.Lock()
	return func() { l.Unlock(); leave() }
}

// full is the place of a slash-separated path of the project.
func (s *Service) full(path string) string {
	return filepath.Join(s.opts.Dir, filepath.FromSlash(path))
}

// Uses lists what used a snapshot, newest first as the users tell it.
func (s *Service) Uses(ctx context.Context, snapshotID string) ([]Use, error) {
	if s.opts.Users == nil {
		return []Use{}, nil
	}
	list, err := s.opts.Users(ctx, snapshotID)
	if list == nil {
		list = []Use{}
	}
	return list, err
}

// Files lists a snapshot's files.
func (s *Service) Files(ctx context.Context, snap Snapshot) ([]store.TreeFile, error) {
	t, err := s.opts.Store.OpenTree(ctx, snap.Tree)
	return t.Files, err
}

func (s *Service) file(ctx context.Context, snap Snapshot, path string) (store.TreeFile, error) {
	l, err := s.opts.Store.OpenListing(ctx, snap.Tree)
	if err != nil {
		return store.TreeFile{}, err
	}
	if path == "" && snap.Single && l.Files == 1 {
		for f, err := range l.All(ctx) {
			return f, err
		}
	}
	if path == "" {
		return store.TreeFile{}, errs.New(errs.Invalid, "%s holds several files: name one", snap.Ref()).WithHint("`rondo data files %s` lists them", snap.Ref())
	}
	f, ok, err := l.Find(ctx, path)
	if in, below := strings.CutPrefix(path, snap.Path+"/"); !ok && below && err == nil { // as the project has it
		f, ok, err = l.Find(ctx, in)
	}
	if err == nil && !ok {
		err = s.inPast(ctx, snap, []string{path}, errs.New(errs.NotFound, "%s has no file %q", snap.Ref(), path).
			WithHint("`rondo data files %s` lists them", snap.Ref()))
	}
	return f, err
}
