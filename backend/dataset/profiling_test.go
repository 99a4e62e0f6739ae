package dataset_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/dataset"
)

// TestAProfileThatSomebodyWaitsForRestsNoMore: it tells how far it is while it rests in the
// background, goes on as soon as somebody asks for it, and is given up by whom it takes too long.
func TestAProfileThatSomebodyWaitsForRestsNoMore(t *testing.T) {
	h := open(t, project(t))
	told := make(chan dataset.Progress, 1000)
	entered, leave, ended := make(chan bool), make(chan bool), make(chan error, 1)
	first := make(chan bool, 1)
	first <- true
	s, err := dataset.Open(t.Context(), dataset.Options{
		Ledger: h.ledger, Store: h.store, Dir: h.dir, Device: h.device,
		Progress: func(p dataset.Progress) { told <- p },
		Now: func() time.Time { // a snapshot asks for it once it has its dataset for itself
			select {
			case <-first:
				entered <- true
				<-leave
			default:
			}
			return time.Now()
		},
	})
	must(t, err)
	defer s.Close()
	text := "a,b\n" + strings.Repeat("0.123456,"+strings.Repeat("word ", 40)+"\n", 90_000)
	write(t, h.dir, "big.csv", text)
	write(t, h.dir, "small.csv", csv1)
	h.add(t, "big", "big.csv")
	h.add(t, "small", "small.csv")
	go func() {
		_, err := s.Snapshot(context.Background(), "small", dataset.Take{})
		ended <- err
	}()
	<-entered
	big, err := s.Snapshot(t.Context(), "big", dataset.Take{})
	must(t, err)
	p := <-told
	for p.Verb != "profile" {
		p = <-told
	}
	if p.Dataset != "big" || p.Files != 0 || p.OfFiles != 1 || p.OfBytes != int64(len(text)) {
		t.Errorf("while it rests: %+v", p)
	}
	given, giveUp := context.WithCancel(t.Context())
	giveUp()
	if _, err := s.Profile(given, big); err == nil {
		t.Error("who has given it up gets it")
	}
	patient, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if made, err := s.Profile(patient, big); err != nil || made.Rows != 90_000 {
		t.Errorf("somebody waits for it: %d rows, %v", made.Rows, err)
	}
	close(leave)
	must(t, <-ended)
}

// TestATableThatIsNoneIsReadOnce: what is wrong with it is on record, as what another holds.
func TestATableThatIsNoneIsReadOnce(t *testing.T) {
	h := open(t, project(t))
	write(t, h.dir, "d.csv", "a,b\n1,2\n3\n")
	h.add(t, "d", "d.csv")
	snap := h.snap(t, "d")
	for range 3 {
		if p, err := h.Profile(t.Context(), snap); err != nil || len(p.Warnings) != 1 {
			t.Fatalf("%+v %v", p, err)
		}
	}
	made := 0
	files, err := filepath.Glob(filepath.Join(h.dir, ".rondo", "journal", "*", "*"))
	must(t, err)
	for _, name := range files {
		b, err := os.ReadFile(name)
		must(t, err)
		made += strings.Count(string(b), "snapshot.profile")
	}
	if made != 1 {
		t.Errorf("it was made %d times", made)
	}
}
