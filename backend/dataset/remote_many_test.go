package dataset_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/remote/remotetest"
)

// TestNothingThatWasStoredIsLostBesideOthers: two push what is partly the same to one remote, are cut off
// now and then, and withdraw snapshots, while they and a third remove what nothing needs. What
// anybody was told is stored is whole at the end.
func TestNothingThatWasStoredIsLostBesideOthers(t *testing.T) {
	t.Run("folder", func(t *testing.T) {
		playRounds(t, func(t *testing.T, _ *rand.Rand) string { return filepath.Join(t.TempDir(), "remote") })
	})
	t.Run("sftp", func(t *testing.T) {
		sshd := remotetest.StartSSHD(t)
		playRounds(t, func(t *testing.T, _ *rand.Rand) string { return sshd.Address(filepath.Join(t.TempDir(), "remote")) })
	})
	t.Run("s3", func(t *testing.T) {
		playRounds(t, func(t *testing.T, by *rand.Rand) string { return inTurns(t, by, true) })
	})
	t.Run("s3 without conditions", func(t *testing.T) {
		playRounds(t, func(t *testing.T, by *rand.Rand) string { return inTurns(t, by, false) })
	})
}

// playRounds plays some, each by its own seed; $REMOTE_ROUNDS and $REMOTE_SEED say how many, and which.
func playRounds(t *testing.T, place func(*testing.T, *rand.Rand) string) {
	n, seed := 2, time.Now().UnixNano()
	if text := os.Getenv("REMOTE_ROUNDS"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	if text := os.Getenv("REMOTE_SEED"); text != "" {
		seed, _ = strconv.ParseInt(text, 10, 64)
	}
	for i := range n {
		t.Run(fmt.Sprintf("seed %d", seed+int64(i)), func(t *testing.T) {
			by := rand.New(rand.NewPCG(uint64(seed+int64(i)), 1))
			playRound(t, by, place(t, by))
		})
	}
}

// inTurns is a store that answers one question after the other, in an order that is drawn by lot.
func inTurns(t *testing.T, by *rand.Rand, conditions bool) string {
	s3, turns := remotetest.StartFakeS3(t), &lots{by: rand.New(rand.NewPCG(by.Uint64(), 2))}
	end := make(chan struct{})
	t.Cleanup(func() { close(end) })
	go turns.draw(end)
	s3.Meddle = func(_ http.ResponseWriter, r *http.Request, _ string) bool {
		if !conditions {
			r.Header.Del("If-None-Match")
		}
		turns.wait(end)
		return false
	}
	return s3.Address
}

// lots lets those who wait go on, one at a time.
type lots struct {
	by      *rand.Rand
	mu      sync.Mutex
	waiting []chan struct{}
}

func (l *lots) wait(end <-chan struct{}) {
	mine := make(chan struct{})
	l.mu.Lock()
	l.waiting = append(l.waiting, mine)
	l.mu.Unlock()
	select {
	case <-mine:
	case <-end:
	}
}

func (l *lots) draw(end <-chan struct{}) {
	tick := time.NewTicker(300 * time.Microsecond)
	defer tick.Stop()
	for {
		select {
		case <-end:
			return
		case <-tick.C:
		}
		l.mu.Lock()
		if n := len(l.waiting); n > 0 {
			i := l.by.IntN(n)
			close(l.waiting[i])
			l.waiting = slices.Delete(l.waiting, i, i+1)
		}
		l.mu.Unlock()
	}
}

// days is the clock of all, which passes over a day when nobody pushes: no push takes that long.
type days struct {
	pushing sync.RWMutex
	mu      sync.Mutex
	passed  time.Duration
}

func (d *days) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return time.Now().Add(d.passed)
}

func (d *days) pass() {
	d.pushing.Lock()
	defer d.pushing.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.passed += 25 * time.Hour
}

// promises are the snapshots of which a push has said that they are stored.
type promises struct {
	mu  sync.Mutex
	all map[string]bool // by id
}

func (p *promises) set(id string, is bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[id] = is
}

// one is the id of a snapshot that was promised.
func (p *promises) one(by *rand.Rand, of []string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	of = slices.DeleteFunc(slices.Clone(of), func(id string) bool { return !p.all[id] })
	if len(of) == 0 {
		return ""
	}
	return of[by.IntN(len(of))]
}

func playRound(t *testing.T, by *rand.Rand, address string) {
	clock, told := &days{}, &promises{all: map[string]bool{}}
	var all sync.WaitGroup
	for _, name := range []string{"anna", "ben"} {
		h := withRemote(t, address)
		h.now, h.unused = clock.now, true
		write(t, h.dir, name+"/0", name)
		h.add(t, name, name)
		h.snap(t, name)
		one := &pusher{t: t, h: h, name: name, by: rand.New(rand.NewPCG(by.Uint64(), 3)), clock: clock, told: told}
		one.push(t.Context()) // so that there is a remote
		all.Go(func() { one.play(12) })
	}
	third := withRemote(t, address)
	third.now = clock.now
	lot := rand.New(rand.NewPCG(by.Uint64(), 4))
	all.Go(func() {
		for range 12 {
			collectBeside(t, third)
			if lot.IntN(2) == 0 {
				clock.pass()
			}
		}
	})
	all.Wait()
	allThere(t, address, told)
}

// collectBeside removes what nothing needs, unless somebody is at it.
func collectBeside(t *testing.T, h *house) {
	_, err := h.CollectRemote(t.Context(), dataset.CollectRemote{})
	if err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.NotFound) {
		t.Errorf("gc: %v", err)
	}
}

// allThere fetches everything into a project of its own.
func allThere(t *testing.T, address string, told *promises) {
	t.Helper()
	fresh := withRemote(t, address)
	x, err := fresh.Fetch(t.Context(), dataset.Exchange{})
	if err != nil || len(x.Damaged)+len(x.Unread) > 0 {
		t.Errorf("%+v %v", x, err)
	}
	here := map[string]dataset.Snapshot{}
	for _, name := range []string{"anna", "ben"} {
		snaps, err := fresh.Snapshots(t.Context(), name)
		must(t, err)
		for _, snap := range snaps {
			here[snap.ID] = snap
		}
	}
	for id, is := range told.all {
		snap, came := here[id]
		switch {
		case !is:
		case !came || snap.InPart():
			t.Errorf("%s was stored and is not there: %+v", id, snap)
		default:
			if v, err := fresh.Verify(t.Context(), snap.Dataset, snap.Number); err != nil || !v.OK {
				t.Errorf("%s: %+v %v", snap.Ref(), v, err)
			}
		}
	}
}

// pusher is a person who changes data and pushes it.
type pusher struct {
	t     *testing.T
	h     *house
	name  string
	by    *rand.Rand
	clock *days
	told  *promises
	taken []string // ids
}

func (p *pusher) play(steps int) {
	for range steps {
		switch p.by.IntN(6) {
		case 0:
			p.withdraw()
		case 1:
			collectBeside(p.t, p.h)
		default:
			p.change()
			ctx, stop := context.WithCancel(p.t.Context())
			if p.by.IntN(3) == 0 {
				time.AfterFunc(time.Duration(p.by.IntN(30))*time.Millisecond, stop)
			}
			p.push(ctx)
			stop()
		}
	}
	for range 100 { // until nobody is in the way
		if p.push(p.t.Context()) {
			return
		}
	}
}

// change gives a file one of a few contents, some of which the other has, too.
func (p *pusher) change() {
	at := filepath.Join(p.h.dir, p.name, fmt.Sprint(p.by.IntN(3)))
	content := make([]byte, 60_000)
	_, _ = rand.NewChaCha8([32]byte{byte(p.by.IntN(8))}).Read(content)
	if err := os.WriteFile(at, content, 0o644); err != nil {
		p.t.Error(err)
	}
	snap, err := p.h.Snapshot(p.t.Context(), p.name, dataset.Take{})
	if err != nil {
		p.t.Error(err)
	}
	if !slices.Contains(p.taken, snap.ID) {
		p.taken = append(p.taken, snap.ID)
	}
}

// push reports whether it said that all is stored.
func (p *pusher) push(ctx context.Context) bool {
	p.clock.pushing.RLock()
	defer p.clock.pushing.RUnlock()
	_, err := p.h.Push(ctx, dataset.Exchange{})
	switch {
	case err == nil:
		snaps, err := p.h.Snapshots(p.t.Context(), p.name)
		if err != nil {
			p.t.Error(err)
		}
		for _, snap := range snaps {
			p.told.set(snap.ID, true)
		}
	case ctx.Err() == nil && !errs.Is(err, errs.Conflict):
		p.t.Errorf("push: %v", err)
	}
	return err == nil
}

// withdraw removes the record of a snapshot from the remote, and forgets it, so that what it alone needed is garbage.
func (p *pusher) withdraw() {
	id := p.told.one(p.by, p.taken)
	if id == "" {
		return
	}
	p.told.set(id, false)
	r := p.h.openRemote(p.t)
	defer r.Close()
	if err := r.Delete(p.t.Context(), "snapshots/"+id+".json"); err != nil {
		p.t.Error(err)
	}
}
