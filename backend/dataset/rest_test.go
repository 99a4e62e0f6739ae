package dataset_test

import (
	"context"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"rondo/backend/dataset"
	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
)

// TestAProfileRestsWhileASnapshotIsTaken: the profile of a large table is made in the
// background, and not while somebody waits for a snapshot. Here that one goes on until
// the same table was summarised twice.
func TestAProfileRestsWhileASnapshotIsTaken(t *testing.T) {
	dir := project(t)
	h := open(t, dir)
	write(t, dir, "big.csv", "a,b\n"+strings.Repeat("0.123456,"+strings.Repeat("word ", 40)+"\n", 90_000))
	write(t, dir, "small.csv", csv1)
	h.add(t, "big", "big.csv")
	h.add(t, "small", "small.csv")
	entered, leave := make(chan bool), make(chan bool)
	armed := true
	h.now = func() time.Time { // a snapshot asks for it once it has its dataset for itself
		if armed {
			armed = false
			return time.Now()
		}
		entered <- true
		<-leave
		return time.Now()
	}
	big := h.snap(t, "big")
	ended := make(chan error)
	go func() {
		_, err := h.Snapshot(context.Background(), "small", dataset.Take{})
		ended <- err
	}()
	<-entered
	for range 2 {
		_, err := profile.Summarise(context.Background(), table.File{Path: "big.csv"}, func() (io.ReadCloser, error) { return os.Open(dir + "/big.csv") })
		must(t, err)
	}
	found, err := h.Find(context.Background(), big.ID)
	must(t, err)
	if !found.Profile.IsZero() {
		t.Error("the profile was made meanwhile")
	}
	close(leave)
	must(t, drain(entered, ended))
	for deadline := time.Now().Add(time.Minute); found.Profile.IsZero() && time.Now().Before(deadline); {
		found, err = h.Find(context.Background(), big.ID)
		must(t, err)
	}
	if found.Profile.IsZero() {
		t.Fatal("the profile is not made though nobody waits any more")
	}
}

// drain lets through whoever comes until the end.
func drain(entered <-chan bool, ended <-chan error) error {
	for {
		select {
		case <-entered:
		case err := <-ended:
			return err
		}
	}
}
