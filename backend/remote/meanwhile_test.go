package remote_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"rondo/backend/fault"
	"rondo/backend/remote"
)

func put(t *testing.T, r remote.Remote, names ...string) {
	t.Helper()
	for _, name := range names {
		_, err := r.Put(context.Background(), name, remote.Content([]byte(name)))
		must(t, err)
	}
}

// TestWhoGivesUpAListIsToldNoMore of it, not even of a large folder's next blob.
func TestWhoGivesUpAListIsToldNoMore(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		r := open(t, address)
		put(t, r, "a/1", "a/2", "b/3")
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		err := r.List(ctx, "a", func(remote.Blob) error { n++; cancel(); return ctx.Err() })
		if !errors.Is(err, context.Canceled) || n != 1 {
			t.Errorf("%d blobs, %v", n, err)
		}
		if err := r.List(ctx, "b", func(b remote.Blob) error { return fmt.Errorf("told of %v", b) }); !errors.Is(err, context.Canceled) {
			t.Errorf("after that: %v", err)
		}
	})
}

// TestAFolderThatGoesWhileItIsListedHoldsNothing.
func TestAFolderThatGoesWhileItIsListedHoldsNothing(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	put(t, r, "all/a/1", "all/b/2", "all/c/3")
	got := map[string]bool{}
	must(t, r.List(context.Background(), "all", func(b remote.Blob) error {
		got[b.Name] = true
		return os.RemoveAll(filepath.Join(dir, "all/b"))
	}))
	if !maps.Equal(got, map[string]bool{"all/a/1": true, "all/c/3": true}) {
		t.Errorf("%v", got)
	}
}

// TestWithoutLinksNothingIsReplaced either: a file system may have none.
func TestWithoutLinksNothingIsReplaced(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	r := open(t, dir)
	fault.Fail(func(op string) error {
		if op == "link" {
			return syscall.EPERM
		}
		return nil
	})
	defer fault.Fail(nil)
	for _, text := range []string{"one", "two"} {
		if stored, err := r.Put(ctx, "a", remote.Content([]byte(text))); err != nil || stored != (text == "one") {
			t.Errorf("%s: %t %v", text, stored, err)
		}
	}
	if got := get(t, r, "a", 0, -1); string(got) != "one" {
		t.Errorf("it is %q", got)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("left are %v, %v", list, err)
	}
}

// TestWhoGivesUpAtTheLastMomentHasStoredNothing: all was written, and the disk is waited for.
func TestWhoGivesUpAtTheLastMomentHasStoredNothing(t *testing.T) {
	dir := t.TempDir()
	r := open(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	fault.Fail(func(op string) error {
		if op == "sync" {
			cancel()
		}
		return nil
	})
	defer fault.Fail(nil)
	if stored, err := r.Put(ctx, "a", remote.Content([]byte("x"))); stored || !errors.Is(err, context.Canceled) {
		t.Errorf("%t %v", stored, err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 0 {
		t.Errorf("left are %v, %v", list, err)
	}
}

// TestWhatEndsEarlyIsNotStored: content of which there is less than was said.
func TestWhatEndsEarlyIsNotStored(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		r, ctx := open(t, address), context.Background()
		content := io.NewSectionReader(strings.NewReader("short"), 0, 100)
		if stored, err := r.Put(ctx, "all/a", content); err == nil || stored {
			t.Errorf("%t %v", stored, err)
		}
		if err := r.Replace(ctx, "all/a", content); err == nil {
			t.Error("it has replaced another")
		}
		if got := names(t, r, "all"); len(got) > 0 {
			t.Errorf("there is %v", got)
		}
	})
}
