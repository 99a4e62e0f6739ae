package mlflow

import (
	"sort"
	"sync"
	"time"
)

// Account says what came of an import, and what did not and why.
type Account struct {
	Source  string    `json:"source"`
	Lacks   []string  `json:"lacks"` // what a store of its version cannot hold
	Stays   []string  `json:"stays"` // what it holds and Rondo has no place for
	Counts  []Count   `json:"counts"`
	Points  int64     `json:"points"`
	Files   int64     `json:"files"`
	Bytes   int64     `json:"bytes"`
	Left    []Left    `json:"left"`
	Notes   []string  `json:"notes"` // what came otherwise than it was
	Began   time.Time `json:"began"`
	Seconds float64   `json:"seconds"`
}

// Count is how many things of a kind the source has and what became of them.
type Count struct {
	Kind    string `json:"kind"`
	New     int    `json:"new"`
	Changed int    `json:"changed"` // were here, and more came
	Same    int    `json:"same"`    // were here as they are
	Left    int    `json:"left"`    // did not come
}

// Left is what did not come, for one reason.
type Left struct {
	Kind  string   `json:"kind"`
	Why   string   `json:"why"`
	Count int      `json:"count"`
	Names []string `json:"names"` // the first few
}

// Progress says how far an import is.
type Progress struct {
	Source     string `json:"source"`
	Doing      string `json:"doing"` // in words
	Experiment int    `json:"experiment"`
	Of         int    `json:"of"` // experiments
	Runs       int    `json:"runs"`
	Models     int    `json:"models"`
	Traces     int    `json:"traces"`
	Points     int64  `json:"points"`
	Files      int64  `json:"files"`
	Bytes      int64  `json:"bytes"`
	Done       bool   `json:"done"`
}

// kinds are the things that are counted, in the order in which they are told.
var kinds = []string{"experiment", "run", "logged model", "trace", "model", "version", "evaluation dataset", "scorer"}

const (
	maxNames = 5
	maxLeft  = 1000 // reasons
)

// tally gathers an account while many work on it.
type tally struct {
	mu       sync.Mutex
	account  Account
	counts   map[string]*Count
	left     map[[2]string]*Left
	whole    map[[2]string]bool // things that did not come at all
	progress Progress
	tell     func(Progress)
	told     time.Time
}

func newTally(tell func(Progress)) *tally {
	t := &tally{counts: map[string]*Count{}, left: map[[2]string]*Left{}, whole: map[[2]string]bool{}, tell: tell}
	for _, k := range kinds {
		t.counts[k] = &Count{Kind: k}
	}
	t.account.Began = time.Now().UTC()
	return t
}

func (t *tally) with(fn func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	fn()
	if t.tell != nil && time.Since(t.told) > 200*time.Millisecond {
		t.told = time.Now()
		t.tell(t.progress)
	}
}

// outcomes of one thing
type outcome int

const (
	same outcome = iota
	fresh
	changed
)

func (t *tally) count(kind string, o outcome) {
	t.with(func() {
		c := t.counts[kind]
		switch o {
		case fresh:
			c.New++
		case changed:
			c.Changed++
		default:
			c.Same++
		}
		switch kind {
		case "run":
			t.progress.Runs++
		case "trace":
			t.progress.Traces++
		case "version", "logged model":
			t.progress.Models++
		}
	})
}

// miss notes that a part of something did not come.
func (t *tally) miss(kind, name, why string) {
	t.with(func() {
		key := [2]string{kind, why}
		l := t.left[key]
		if l == nil {
			if len(t.left) >= maxLeft {
				key = [2]string{kind, "and more reasons"}
				if l = t.left[key]; l == nil {
					l = &Left{Kind: kind, Why: key[1]}
					t.left[key] = l
				}
			} else {
				l = &Left{Kind: kind, Why: why}
				t.left[key] = l
			}
		}
		l.Count++
		if len(l.Names) < maxNames {
			l.Names = append(l.Names, name)
		}
	})
}

// lose notes that something did not come at all.
func (t *tally) lose(kind, name, why string) {
	t.miss(kind, name, why)
	t.with(func() {
		if c := t.counts[kind]; c != nil && !t.whole[[2]string{kind, name}] {
			t.whole[[2]string{kind, name}] = true
			c.Left++
		}
	})
}

func (t *tally) note(text string) {
	t.with(func() {
		for _, n := range t.account.Notes {
			if n == text {
				return
			}
		}
		t.account.Notes = append(t.account.Notes, text)
	})
}

func (t *tally) finish(about About) Account {
	t.mu.Lock()
	defer t.mu.Unlock()
	a := t.account
	a.Source, a.Lacks, a.Stays = about.Words, nonNil(about.Lacks), nonNil(about.Stays)
	a.Points, a.Files, a.Bytes, a.Notes = t.progress.Points, t.progress.Files, t.progress.Bytes, nonNil(a.Notes)
	a.Counts, a.Left = []Count{}, []Left{}
	for _, k := range kinds {
		a.Counts = append(a.Counts, *t.counts[k])
	}
	for _, l := range t.left {
		a.Left = append(a.Left, *l)
	}
	sort.Slice(a.Left, func(i, j int) bool {
		if a.Left[i].Kind != a.Left[j].Kind {
			return a.Left[i].Kind < a.Left[j].Kind
		}
		return a.Left[i].Why < a.Left[j].Why
	})
	a.Seconds = time.Since(a.Began).Seconds()
	return a
}

func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
