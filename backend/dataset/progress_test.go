package dataset

import (
	"testing"
	"time"

	"rondo/backend/store"
)

// TestProgressTellsWhatIsLeft at the pace so far; a file costs something beside its bytes.
func TestProgressTellsWhatIsLeft(t *testing.T) {
	count, of := &store.Count{}, &total{}
	count.Add(250, 1000)
	if p := progressOf("snapshot", "d", count, of, 10*time.Second); p.Left != 0 || p.OfFiles != 0 || p.Files != 250 {
		t.Errorf("without a total: %+v", p)
	}
	of.set(1000, 4000)
	if p := progressOf("snapshot", "d", count, of, 10*time.Second); p.Left < 29.9 || p.Left > 30.1 {
		t.Errorf("after a quarter in 10 s: %+v", p)
	}
	count.Add(900, 5000)
	if p := progressOf("snapshot", "d", count, of, 10*time.Second); p.Left != 0 {
		t.Errorf("beyond the total: %+v", p)
	}
}

// TestProgressIsToldUntilTheEnd and not after it.
func TestProgressIsToldUntilTheEnd(t *testing.T) {
	told := make(chan Progress, 100)
	s := &Service{opts: Options{Progress: func(p Progress) { told <- p }}}
	count := &store.Count{}
	count.Add(3, 30)
	stop := s.follow("verify", "d", count, &total{})
	if p := <-told; p.Verb != "verify" || p.Dataset != "d" || p.Files != 3 || p.Bytes != 30 {
		t.Errorf("%+v", p)
	}
	stop()
	n := len(told)
	select {
	case <-time.After(2 * tellEvery):
	case <-told:
		if n == 0 {
			t.Error("something was told after the end")
		}
	}
}
