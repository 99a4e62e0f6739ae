package dataset

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"rondo/backend/dataset/profile"
	"rondo/backend/dataset/table"
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
	if p := progressOf("checkout", "d", count, of, 10*time.Second); p.Left != 0 || p.Files != 1000 || p.Bytes != 4000 {
		t.Errorf("beyond the total: %+v", p)
	}
	of.guess = true
	if p := progressOf("snapshot", "d", count, of, 10*time.Second); p.Left != 0 || p.OfFiles != 0 || p.OfBytes != 0 || p.Files != 1150 || p.Bytes != 6000 {
		t.Errorf("beyond what the snapshot before had: %+v", p)
	}
}

// TestWhatIsReadTwiceCountsOnce: JSON lines are read for their keys and then for their rows.
func TestWhatIsReadTwiceCountsOnce(t *testing.T) {
	for name, text := range map[string]string{"a.jsonl": "{\"a\":1}\n{\"a\":2}\n", "a.csv": "a\n1\n2\n"} {
		count := &store.Count{}
		open := counting(count, name, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
		if _, err := profile.Summarise(t.Context(), table.File{Path: name}, open); err != nil {
			t.Fatal(err)
		}
		if n := count.Bytes.Load(); n != int64(len(text)) {
			t.Errorf("%s: %d bytes of %d", name, n, len(text))
		}
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

// TestWhatLiesThereIsForeseen where no snapshot tells it: as a whole, or not at all.
func TestWhatLiesThereIsForeseen(t *testing.T) {
	s := &Service{opts: Options{Dir: t.TempDir()}}
	var err error
	if s.root, err = os.OpenRoot(s.opts.Dir); err != nil {
		t.Fatal(err)
	}
	defer s.root.Close()
	for name, size := range map[string]int{"set/a.csv": 10, "set/deep/b.csv": 20, "beside.csv": 40} {
		file := filepath.Join(s.opts.Dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, make([]byte, size), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for at, want := range map[string][2]int64{"set": {2, 30}, "beside.csv": {1, 40}} {
		of := &total{}
		if s.measure(t.Context(), at, of); of.files != want[0] || of.bytes != want[1] {
			t.Errorf("%s: %d files of %d bytes", at, of.files, of.bytes)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	of := &total{}
	if s.measure(ctx, "set", of); of.files != 0 {
		t.Errorf("a part was told for all: %d files", of.files)
	}
}
