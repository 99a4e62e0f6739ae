package fsck

import (
	"encoding/json"
	"io"
	"os"

	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/journal"
	"rondo/backend/ref"
)

// set is what records say of a dataset that its pointer may repeat.
type set struct {
	path   string          // now
	paths  map[string]bool // those that it has had
	next   int             // number of a snapshot
	number map[string]int  // of snapshots by id, now
}

// taken is what a snapshot's record and a pointer both say. Its number and its path may
// have changed since.
type taken struct {
	Dataset string     `json:"dataset"`
	Tree    ref.Digest `json:"tree"`
	Content ref.Digest `json:"content"`
	Files   int        `json:"files"`
	Size    int64      `json:"size"`
	Number  int        `json:"number"`
}

func (w taken) agrees(p dataset.Pointer) bool {
	w.Number = 0
	return w == taken{p.Dataset, p.Tree, p.Content, p.Files, p.Size, 0}
}

// may reports whether a pointer without a check can have been written with its number and path:
// a snapshot moves on to a later number where another device had the same.
func (f *follower) may(p dataset.Pointer, was taken) bool {
	s := f.set(p.Dataset)
	return s.paths[p.Path] && p.Number >= was.Number && p.Number <= s.number[p.ID]
}

func (f *follower) set(name string) *set {
	if f.sets[name] == nil {
		f.sets[name] = &set{paths: map[string]bool{}, next: 1, number: map[string]int{}}
	}
	return f.sets[name]
}

// note keeps what pointers are compared with.
func (f *follower) note(rec journal.Record) {
	switch rec.Kind {
	case "snapshot.create":
		var in taken
		if json.Unmarshal(rec.Data, &in) != nil {
			return
		}
		f.taken[rec.ID] = in
		s := f.set(in.Dataset)
		if _, twice := s.number[rec.ID]; !twice {
			s.number[rec.ID] = max(in.Number, s.next)
			s.next = s.number[rec.ID] + 1
		}
	case "dataset.add", "dataset.change":
		var in struct{ Path string }
		if json.Unmarshal(rec.Data, &in) == nil {
			s := f.set(rec.ID)
			s.path = in.Path
			s.paths[in.Path] = true
		}
	}
}

// pointers reads the .snap file of every dataset that has one.
func (f *follower) pointers() error {
	root, err := os.OpenRoot(f.c.project.Dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, set := range f.sets {
		if set.path == "" {
			continue // its dataset is on record at another device
		}
		name := set.path + ".snap"
		file, err := root.Open(name)
		if isMissing(err) {
			continue
		}
		if err != nil {
			f.c.add(Problem{Kind: KindPointer, File: name, What: "it cannot be read: " + err.Error()})
			continue
		}
		b, err := io.ReadAll(io.LimitReader(file, 1<<20))
		file.Close()
		if err != nil {
			return err
		}
		f.pointer(name, string(b))
	}
	return nil
}

func (f *follower) pointer(name, text string) {
	f.c.report.Pointers++
	p, err := dataset.ParsePointer(text)
	if err != nil {
		f.c.add(Problem{Kind: KindPointer, File: name, What: err.Error(), Hint: errs.HintOf(err)})
		return
	}
	was, known := f.taken[p.ID]
	if !known {
		f.c.add(Problem{
			Kind: KindPointer, File: name, What: "it points at " + dataset.Ref(p.Dataset, p.Number) + ", which the journal does not know",
			Hint: "copy .rondo/journal from where the snapshot was taken, or check another snapshot out",
		})
		return
	}
	if was.agrees(p) && (p.Checked || f.may(p, was)) {
		return
	}
	is := dataset.Ref(was.Dataset, f.set(was.Dataset).number[p.ID])
	f.c.add(Problem{
		Kind: KindPointer, File: name, What: "it is not what was written: it says other than the record of " + is,
		Hint: "check it out again: rondo data checkout " + is,
	})
}
