package folder

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"unicode/utf8"
)

const (
	batchFiles = 512
	ahead      = 4    // folders that are read before it is their turn
	queued     = 16   // batches that are ready before somebody takes them
	maxPath    = 4096 // bytes, with which Linux's PATH_MAX ends
)

// Batch is some files of one folder, in the order of their paths. It may be of none, where
// a folder begins.
type Batch struct {
	Dir    *Dir
	Prefix string // of their paths in the walk: "" or "sub/"
	Begins bool   // it is the folder's first
	Look   Stamp  // how the folder looked before its names were read, where it begins; zero: it cannot be told
	Count  int    // of files and folders in the folder, where it begins

	Names  []string // with Stamps and Known as long; good until Release
	Stamps []Stamp
	Known  []Known // what the memory says
	Same   bool    // all look as they did, and the memory has them as they are here

	size  int    // bytes of the names
	block *block // of the memory, where the names are from
	mem   *scratch
	err   error
	done  chan struct{}

	full    string // of the walk's folder
	refused *Refusals
}

// Refuse notes that a file may not be read by this user. The walk goes on, to find the others.
func (b *Batch) Refuse(i int) {
	path := b.Prefix + b.Names[i]
	b.refused.add(b.full+"/"+path, strings.Clone(path), unknown)
}

// Refusals are all of the walk, whatever became of them.
func (b *Batch) Refusals() *Refusals { return b.refused }

// readable looks whether the files that were listed may be read.
func (b *Batch) readable() {
	for i, name := range b.Names {
		f, err := b.Dir.Open(name)
		if err == nil {
			f.Close()
		} else if errors.Is(err, fs.ErrPermission) {
			b.Refuse(i)
		}
	}
}

// Leave ends the use of the batch's folder.
func (b *Batch) Leave() {
	if b.Dir != nil {
		b.Dir.release()
		b.Dir = nil
	}
}

// Release ends the use of the batch's folder and names.
func (b *Batch) Release() {
	b.Leave()
	if b.mem != nil {
		b.mem.release()
		b.Names, b.Stamps, b.Known, b.mem = nil, nil, nil, nil
	}
}

// Size is how many bytes all names together have.
func (b *Batch) Size() int { return b.size }

// Walk hands all files below dir to fn, in the order of their paths' bytes, in batches
// that fn must Release. Links, devices and names that are not UTF-8 end it, and are all
// named. Folders are read and files looked at on all cores, ahead of fn. The names of a
// folder that looks as it did are taken from the memory, if there is one. What rules leave
// out is not looked at.
func Walk(ctx context.Context, dir string, m *Memory, r *Rules, fn func(*Batch) error) error {
	root, err := openRoot(dir)
	if err != nil {
		return Unreadable(dir, err)
	}
	return walk(ctx, root, dir, m, r, fn)
}

// WalkIn is Walk of a folder that is open, and is closed in the end. Its path leads to it by names that
// may have become links meanwhile, and only names it.
func WalkIn(ctx context.Context, f *os.File, dir string, m *Memory, r *Rules, fn func(*Batch) error) error {
	return walk(ctx, rootOf(f), dir, m, r, fn)
}

func walk(ctx context.Context, root *Dir, dir string, m *Memory, r *Rules, fn func(*Batch) error) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	w := &walker{ctx: ctx, base: dir, m: m, rules: r, refused: &Refusals{Rules: r}, slots: make(chan struct{}, runtime.NumCPU()+1), out: make(chan *Batch, queued)}
	ended := make(chan error, 1)
	go func() {
		defer close(w.out)
		ended <- w.run(root)
	}()
	for b := range w.out {
		<-b.done
		if err = cmp.Or(err, b.err); err != nil {
			b.Release()
			stop()
			continue // so that the other side is not left waiting
		}
		if err = fn(b); err != nil {
			stop()
		}
	}
	return cmp.Or(err, <-ended)
}

type walker struct {
	ctx     context.Context
	base    string
	m       *Memory
	slots   chan struct{} // who works
	out     chan *Batch
	batch   *Batch
	rules   *Rules
	refused *Refusals
}

func (w *walker) run(root *Dir) error {
	l := &listing{dir: root, done: make(chan struct{})}
	l.open(w)
	err := w.visit(l, "", nil)
	if w.batch != nil {
		w.batch.Release()
	}
	return cmp.Or(err, w.refused.Err())
}

// listing is an open folder, and its names once they are read.
type listing struct {
	dir   *Dir
	look  Stamp // before the names were read; zero where it is not to be believed
	names names
	read  bool
	err   error
	done  chan struct{}
}

// visit goes through a folder, in which the rules of those around it hold.
func (w *walker) visit(l *listing, prefix string, outer *level) error {
	<-l.done
	if prefix != "" && errors.Is(l.err, fs.ErrPermission) {
		w.refused.add(w.full(prefix), trimSlash(prefix), unknown)
		return nil
	}
	if l.err != nil {
		return Unreadable(w.full(prefix), l.err)
	}
	defer l.dir.release()
	known := w.m.begun(prefix)
	defer w.m.pass(prefix)
	in, err := w.rules.enter(l, prefix, outer, known)
	if err != nil {
		return err
	}
	if known != nil && l.look != (Stamp{}) && known.look == l.look {
		return w.visitKnown(l, known, in)
	}
	if known != nil {
		w.m.old.put(known)
	}
	return w.visitListed(l, prefix, "", in)
}

// visitListed goes through the names that the folder has now, as far as their paths lie
// behind another.
func (w *walker) visitListed(l *listing, prefix, behind string, in *level) error {
	if err := l.list(); err != nil {
		return Unreadable(w.full(prefix), err)
	}
	w.rules.leaveOut(&l.names, prefix, in)
	if behind == "" {
		w.start(l.dir, prefix)
		w.batch.Begins, w.batch.Look, w.batch.Count = true, l.look, len(l.names.entries)
	}
	sub := &prefetch{w: w, l: l, at: l.names.behind(behind)}
	defer sub.close()
	for _, e := range l.names.entries[sub.at:] {
		if err := w.entry(l, e, prefix, sub, in); err != nil {
			return err
		}
	}
	return w.flush()
}

func (w *walker) full(rel string) string {
	if rel == "" {
		return w.base
	}
	return w.base + "/" + trimSlash(rel)
}

func trimSlash(s string) string {
	if n := len(s); n > 0 && s[n-1] == '/' {
		return s[:n-1]
	}
	return s
}

func (w *walker) entry(l *listing, e entry, prefix string, sub *prefetch, in *level) error {
	name := l.names.name(e)
	switch {
	case len(w.base)+len(prefix)+len(name)+2 > maxPath:
		return tooLong(w.full(prefix + name))
	case e.kind == directory:
		if err := w.flush(); err != nil {
			return err
		}
		next := prefix + name + "/"
		return w.visit(sub.next(), next, in)
	case e.kind != regular:
		w.refused.add(w.full(prefix+name), prefix+name, e.kind)
		return nil
	case !utf8.ValidString(name):
		w.refused.add(w.full(prefix+name), prefix+name, regular)
		return nil
	}
	return w.file(l.dir, prefix, name)
}

func (w *walker) file(dir *Dir, prefix, name string) error {
	w.start(dir, prefix)
	w.batch.Names = append(w.batch.Names, name)
	if w.m != nil {
		w.batch.Known = append(w.batch.Known, w.m.Find(prefix, name))
	}
	w.batch.size += len(name)
	if len(w.batch.Names) < batchFiles {
		return nil
	}
	return w.flush()
}

// start begins a batch if there is none.
func (w *walker) start(dir *Dir, prefix string) {
	if w.batch == nil {
		dir.hold()
		w.batch = &Batch{Dir: dir, Prefix: prefix, done: make(chan struct{}), full: w.base, refused: w.refused}
	}
}

// flush sends the batch off, and looks at its files meanwhile.
func (w *walker) flush() error {
	b := w.batch
	if b == nil {
		return nil
	}
	w.batch = nil
	return w.send(b)
}

func (w *walker) send(b *Batch) error {
	if w.refused.Any() {
		b.readable() // nothing will come of it; only what else is refused is looked for
		b.Release()
		return w.ctx.Err()
	}
	select {
	case w.slots <- struct{}{}:
	case <-w.ctx.Done():
		b.Release()
		return w.ctx.Err()
	}
	go func() {
		defer close(b.done)
		defer func() { <-w.slots }()
		b.look(w)
	}()
	select {
	case w.out <- b:
		return nil
	case <-w.ctx.Done():
		<-b.done
		b.Release()
		return w.ctx.Err()
	}
}

func (b *Batch) look(w *walker) {
	if b.block != nil {
		if b.err = b.fromMemory(); b.err != nil {
			return
		}
	} else {
		b.Stamps = make([]Stamp, len(b.Names))
		if b.Known == nil {
			b.Known = make([]Known, len(b.Names))
		}
	}
	for i, name := range b.Names {
		var k kind
		b.Stamps[i], k, b.err = b.Dir.stat(name)
		b.Same = b.Same && b.Known[i].OK && b.Stamps[i] == b.Known[i].Stamp
		if b.err != nil || k != regular {
			full := w.full(b.Prefix + name)
			if b.err = Unreadable(full, b.err); b.err == nil {
				b.err = replaced(full)
			}
			return
		}
	}
}

// prefetch reads the folders in a folder a little ahead of their turn.
type prefetch struct {
	w       *walker
	l       *listing
	at      int // the next entry to look at
	waiting []*listing
}

func (p *prefetch) next() *listing {
	p.fill()
	first := p.waiting[0]
	p.waiting = p.waiting[1:]
	return first
}

func (p *prefetch) fill() {
	for ; p.at < len(p.l.names.entries) && len(p.waiting) < ahead; p.at++ {
		e := p.l.names.entries[p.at]
		if e.kind != directory {
			continue
		}
		one := &listing{done: make(chan struct{})}
		p.waiting = append(p.waiting, one)
		p.l.dir.hold()
		go func() {
			defer p.l.dir.release()
			p.w.slots <- struct{}{}
			defer func() { <-p.w.slots }()
			if one.dir, one.err = p.l.dir.openDir(p.l.names.name(e)); one.err != nil {
				close(one.done)
				return
			}
			one.open(p.w)
		}()
	}
}

// close lets go of folders whose turn will not come.
func (p *prefetch) close() {
	for _, l := range p.waiting {
		if <-l.done; l.err == nil {
			l.dir.release()
		}
	}
}

// open sees how the folder looks, and reads its names unless they may be known.
func (l *listing) open(w *walker) {
	defer close(l.done)
	if l.err = w.ctx.Err(); l.err == nil {
		l.look, l.err = l.dir.look()
	}
	if l.err == nil && !w.m.remembers() {
		l.err = l.list()
	}
	if l.err != nil {
		l.dir.release()
	}
}

// list reads the names.
func (l *listing) list() (err error) {
	if l.read {
		return nil
	}
	if l.names, err = l.dir.list(); err != nil {
		return err
	}
	for i := range l.names.entries {
		if e := &l.names.entries[i]; e.kind == unknown && err == nil {
			_, e.kind, err = l.dir.stat(l.names.name(*e))
		}
	}
	l.read = true
	l.names.sort()
	return err
}
