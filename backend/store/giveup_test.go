package store_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"rondo/backend/fault"
	"rondo/backend/remote"
	"rondo/backend/store"
)

// below are the files below a folder, by their names.
func below(t *testing.T, dir string) (names []string) {
	t.Helper()
	check(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			names = append(names, path)
		}
		if errors.Is(err, os.ErrNotExist) {
			err = nil // it went meanwhile
		}
		return err
	}))
	return names
}

// TestWhoGivesUpWaitsForNoDisk: work that is given up while the disk takes its time leaves
// the folder as it was long before the disk has done, and as the disk is done, too.
func TestWhoGivesUpWaitsForNoDisk(t *testing.T) {
	for what, begin := range map[string]func(t *testing.T, dir string) func(context.Context) error{
		"snapshot": func(t *testing.T, dir string) func(context.Context) error {
			data := t.TempDir()
			check(t, os.WriteFile(filepath.Join(data, "large.bin"), random(150<<20, 5), 0o644))
			s, err := store.Open(dir)
			check(t, err)
			return func(ctx context.Context) error { _, err := s.Take(ctx, data, store.Scan{}); return err }
		},
		"push": func(t *testing.T, dir string) func(context.Context) error {
			f, err := remote.OpenFolder(dir)
			check(t, err)
			t.Cleanup(func() { f.Close() })
			return func(ctx context.Context) error {
				_, err := f.Put(ctx, "objects/x", io.NewSectionReader(bytes.NewReader(random(1<<20, 6)), 0, 1<<20))
				return err
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			dir := t.TempDir()
			work := begin(t, dir)
			ctx, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			begun, disk, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
			var first sync.Once
			fault.Fail(func(op string) error {
				if op == "sync" {
					first.Do(func() { close(begun) })
					<-disk
				}
				return nil
			})
			defer fault.Fail(nil)
			go func() { ended <- work(ctx) }()
			<-begun
			if len(below(t, dir)) == 0 {
				t.Fatal("nothing is written yet")
			}
			giveUp()
			limit := time.NewTimer(time.Minute)
			for names := below(t, dir); len(names) > 0; names = below(t, dir) {
				select {
				case <-limit.C:
					t.Fatalf("while the disk works there are %v", names)
				case err := <-ended:
					t.Fatalf("it ended before the disk did: %v", err)
				case <-time.After(time.Millisecond):
				}
			}
			close(disk)
			if err := <-ended; !errors.Is(err, context.Canceled) {
				t.Errorf("%v", err)
			}
			if names := below(t, dir); len(names) > 0 {
				t.Errorf("then the disk has made %s", strings.Join(names, ", "))
			}
			fault.Fail(nil)
			check(t, work(t.Context())) // and it can be done again
		})
	}
}
