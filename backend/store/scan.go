package store

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"rondo/backend/folder"
	"rondo/backend/ref"
)

// Known tells the digest of a file that has not changed since it was last read.
type Known func(full string, stamp Stamp) (ref.Digest, bool)

// Count is how far something has come. Anybody may read it meanwhile.
type Count struct {
	Files atomic.Int64
	Bytes atomic.Int64
	Read  atomic.Int64 // bytes of these that were read, because they were not known
}

// Add notes what was done. The nil Count takes no notice.
func (c *Count) Add(files, bytes int64) {
	if c != nil {
		c.Files.Add(files)
		c.Bytes.Add(bytes)
	}
}

// Scan says how a folder is read.
type Scan struct {
	Open   func() (*os.File, error) // opens the folder, of which the path only says where it is then; nil: by its path
	Memory *folder.Memory           // how the files looked, which becomes how they look; nil: nothing is known
	Ignore *folder.Rules            // what is left out; nil: nothing
	Known  Known                    // or a question, which is asked on all cores
	Began  time.Time                // with Memory: when the reading begins
	Count  *Count
	Each   func(prefix, name string, size int64) // sees the files in the order of their paths
	Lost   func(path string)                     // hears of files that have lost what Memory knows of them; nil: they are meant so
	Link   Link                                  // how large files are kept; LinkCopy where it is empty
}

// Take stores every file below dir and the tree of them. Links, devices and names that
// are not UTF-8 are refused by name: a tree never claims more than it holds. What is
// stored when it is interrupted stays, and Memory knows of it.
func (s *Store) Take(ctx context.Context, dir string, o Scan) (*Listing, error) {
	if err := s.Reload(); err != nil { // another program may have removed what it condemned
		return nil, readError(packsDir, err)
	}
	p := s.packer()
	w := newTreeWriter(func(node []byte) (ref.Digest, error) { return p.put(node, nodeKind) })
	before := s.losses()
	sc := &scanner{s: s, dir: dir, o: o, p: p, w: w, l: s.linker(o.Link, o.Began), sound: s.isSound(o.Memory.Label())}
	err := sc.run(ctx)
	var root ref.Digest
	if err == nil {
		root, err = w.End()
	}
	if err = cmp.Or(err, p.flush(ctx)); err == nil {
		err = s.dropWhole(sc.cut.list...)
	}
	if err != nil {
		p.discard(ctx)
		return nil, diskError(err)
	}
	o.Memory.SetLabel(root)
	s.noteSound(root, before)
	l, err := s.OpenListing(ctx, root)
	if err == nil {
		err = s.stillHere(ctx, l, before)
	}
	return l, err
}

// Look is Take that stores nothing: it says what the tree would be.
func (s *Store) Look(ctx context.Context, dir string, o Scan) (*Listing, error) {
	l := &Listing{s: s, fresh: map[ref.Digest][]byte{}}
	sc := &scanner{s: s, dir: dir, o: o, w: newTreeWriter(l.note)}
	err := sc.run(ctx)
	if err == nil {
		err = l.end(ctx, sc.w)
	}
	o.Memory.SetLabel(l.root)
	return l, err
}

// scanner reads a folder in three steps that go on side by side: the walk, which asks the
// memory; reading what is not known, on all cores; and the tree, in order.
type scanner struct {
	s   *Store
	dir string
	o   Scan
	p   *packer // nil: nothing is stored
	w   *TreeWriter
	l   *linker // nil: nothing is linked
	cut cuts

	sound bool   // all that the memory knows of is in the store
	reuse *reuse // pages of the tree that the memory knows

	refused *folder.Refusals // of the walk; nil before its first batch
}

const (
	jobsAhead = 16
	readChunk = 32 // small files that are read by one goroutine
)

// job is a batch of files on its way.
type job struct {
	b     *folder.Batch
	same  bool       // all is as it was, and stored
	files []TreeFile // until it is needed only where not all is the same
	wait  sync.WaitGroup
	mu    sync.Mutex
	err   error
	sure  map[int]bool // files that are settled or not, whatever their stamp says
	part  Part         // of what is read
}

// look notes how a file looks now that a link was made of it, which its stamp shows.
func (j *job) look(i int, now Stamp, settled bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.b.Stamps[i] != now {
		j.b.Stamps[i] = now
		j.vouch(i, settled)
	}
}

// vouch says whether a file is settled, whatever its stamp says.
func (j *job) vouch(i int, settled bool) {
	if j.sure == nil {
		j.sure = map[int]bool{}
	}
	j.sure[i] = settled
}

// settled reports whether a later change of the file cannot look the same.
func (j *job) settled(i int, began time.Time) bool {
	if sure, ok := j.sure[i]; ok {
		return sure
	}
	return j.b.Stamps[i].Settled(began)
}

func (sc *scanner) run(ctx context.Context) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	sc.reuse = sc.s.pagesOf(ctx, sc.o.Memory.Label())
	jobs, walked := make(chan *job, jobsAhead), make(chan error, 1)
	slots := make(chan struct{}, 2*runtime.NumCPU())
	go func() {
		defer close(jobs)
		walked <- sc.walk(ctx, func(b *folder.Batch) error {
			j := sc.begin(ctx, b, slots)
			jobs <- j // whoever takes it goes on to the end
			return ctx.Err()
		})
	}()
	for j := range jobs {
		j.wait.Wait()
		sc.refused = j.b.Refusals()
		if err = cmp.Or(err, j.err); err == nil && !sc.refused.Any() {
			err = sc.finish(j)
		} else {
			j.b.Release()
		}
		if err != nil {
			stop()
		}
	}
	walkErr := <-walked
	if err == nil && sc.refused != nil {
		err = sc.refused.Err() // with what was refused while files were read
	}
	if err = cmp.Or(err, walkErr); err == nil {
		err = sc.settle()
	}
	sc.letGo()
	return err
}

func (sc *scanner) walk(ctx context.Context, fn func(*folder.Batch) error) error {
	if sc.o.Open == nil {
		return folder.Walk(ctx, sc.dir, sc.o.Memory, sc.o.Ignore, fn)
	}
	f, err := sc.o.Open()
	if err != nil {
		return folder.Unreadable(sc.dir, err)
	}
	return folder.WalkIn(ctx, f, sc.dir, sc.o.Memory, sc.o.Ignore, fn)
}

// begin sees what is known of the files of a batch, and starts the reading of the others.
func (sc *scanner) begin(ctx context.Context, b *folder.Batch, slots chan struct{}) *job {
	j := &job{b: b, same: b.Same, part: Part{Count: sc.o.Count}}
	if j.same && (sc.p == nil || sc.sound && !mayBeWhole(b)) {
		return j
	}
	j.files = filesOf(b)
	var unread []int
	for i := range j.files {
		k := &b.Known[i]
		if k.OK && k.Stamp == b.Stamps[i] {
			j.files[i].Digest = k.Digest
		} else if k.OK && k.Stamp.Moved(b.Stamps[i]) && k.Stamp.Size > Small && sc.s.sameAsWhole(k.Digest, b.Stamps[i]) {
			j.files[i].Digest = k.Digest
			j.vouch(i, true)
		} else {
			unread = append(unread, i)
		}
	}
	if sc.p != nil {
		unread = sc.s.unkept(j.files, unread)
	}
	j.same = j.same && len(unread) == 0
	for len(unread) > 0 && ctx.Err() == nil {
		n := sc.share(j, unread)
		some := unread[:n]
		unread = unread[n:]
		slots <- struct{}{}
		j.wait.Add(1)
		go func() {
			defer func() { <-slots; j.wait.Done() }()
			sc.read(ctx, j, some)
		}()
	}
	if err := ctx.Err(); err != nil {
		j.fail(err)
	}
	return j
}

// mayBeWhole reports whether a file of the batch may be stored as a file of its own, which
// anybody can take away.
func mayBeWhole(b *folder.Batch) bool {
	return slices.ContainsFunc(b.Stamps, func(s Stamp) bool { return s.Size > oldSmall })
}

// share is how many of the files one goroutine reads: many small ones, or a large one.
func (sc *scanner) share(j *job, unread []int) (n int) {
	for size := int64(0); n < len(unread) && n < readChunk && size < Small; n++ {
		size += j.b.Stamps[unread[n]].Size
	}
	return n
}

// filesOf makes the files of a batch, with their paths in one piece of memory.
func filesOf(b *folder.Batch) []TreeFile {
	var all strings.Builder
	all.Grow(len(b.Prefix)*len(b.Names) + b.Size())
	for _, name := range b.Names {
		all.WriteString(b.Prefix)
		all.WriteString(name)
	}
	paths, files := all.String(), make([]TreeFile, len(b.Names))
	for i, name := range b.Names {
		n := len(b.Prefix) + len(name)
		files[i] = TreeFile{Path: paths[:n], Size: b.Stamps[i].Size, Exec: b.Stamps[i].Exec}
		paths = paths[n:]
	}
	return files
}

// unkept adds the files whose content is known and is not, or not for long, in the store.
func (s *Store) unkept(files []TreeFile, unread []int) []int {
	var all, lists []int
	s.mu.RLock()
	next, near := 0, s.packed.near(files)
	careful := len(s.condemned.since)+len(s.suspects.damaged) > 0
	for i := range files {
		if next < len(unread) && unread[next] == i {
			next++
			all = append(all, i)
			continue
		}
		f := &files[i]
		doomed := false
		if careful {
			_, doomed = s.condemned.since[f.Digest]
			doomed = doomed || s.suspects.damaged[f.Digest]
		}
		r := s.packed.follow(near[i], &f.Digest)
		switch {
		case doomed:
			all = append(all, i)
		case r == nil || r.form == listed:
			lists = append(lists, i)
		}
	}
	s.mu.RUnlock()
	for _, i := range lists {
		if !s.Has(files[i].Digest) {
			all = append(all, i)
		}
	}
	return all
}

func (j *job) fail(err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.err = cmp.Or(j.err, err)
}

func (sc *scanner) read(ctx context.Context, j *job, which []int) {
	two := &pair{}
	defer two.release()
	ctx = Heard(ctx, j.part.Read)
	for _, i := range which {
		err := ctx.Err()
		if err == nil {
			err = sc.readOne(ctx, j, i, two)
		}
		if errors.Is(err, fs.ErrPermission) {
			j.b.Refuse(i)
			continue
		}
		if err != nil {
			j.fail(err)
			return
		}
	}
	if err := sc.keepPair(j, two); err != nil {
		j.fail(err)
	}
}

func (sc *scanner) full(f TreeFile) string { return sc.dir + "/" + f.Path }

// finish hands the files of a job to the tree and to the memory, and releases its batch.
func (sc *scanner) finish(j *job) error {
	if j.b.Begins && !j.same {
		sc.enter(j.b)
	}
	size := int64(0)
	for i, name := range j.b.Names {
		one := j.b.Stamps[i].Size
		if size += one; sc.o.Each != nil {
			sc.o.Each(j.b.Prefix, name, one)
		}
	}
	j.part.Done(int64(len(j.b.Names)), size)
	if j.same && sc.o.Memory != nil {
		sc.o.Memory.Keep(j.b)
		return sc.hold(j, size)
	}
	defer j.b.Release()
	if err := sc.settle(); err != nil {
		return err
	}
	return sc.add(j)
}

// enter tells the memory of a folder. One that was changed just now may be changed again
// and look the same.
func (sc *scanner) enter(b *folder.Batch) {
	if look := b.Look; sc.o.Memory != nil {
		if !look.Settled(sc.o.Began) {
			look = Stamp{}
		}
		sc.o.Memory.Enter(b.Prefix, look, b.Count)
	}
}

// add adds the files of a job to the tree one by one, and tells the memory of them.
func (sc *scanner) add(j *job) error {
	for i, f := range j.files {
		if err := sc.w.Add(f); err != nil {
			return err
		}
		if sc.o.Memory == nil {
			continue
		}
		row, sure := folder.Row{Stamp: j.b.Stamps[i], Digest: f.Digest}, j.settled(i, sc.o.Began)
		if was := j.b.Known[i]; sc.o.Lost != nil && was.Loses(row.Stamp, row.Digest) {
			sc.o.Lost(f.Path)
			row, sure = was.Row, true
			row.Lost = true
		}
		sc.o.Memory.Note(j.b.Prefix, j.b.Names[i], row, sure)
		if sc.w.paused() {
			sc.o.Memory.Cut()
		}
	}
	return nil
}

func kindOf(name string) string { return path.Ext(name) }
