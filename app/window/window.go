// Package window shows a project in a native window. It is the only importer of
// Wails, and only where it is built with the tag desktop. The window goes to the
// server's own pages: window and browser are the same, with one transport. What
// only a native program can do, the server asks of it (backend/api/desktop.go).
package window

import (
	"context"
	"errors"
	"os"
	"runtime"
	"sync"

	"rondo/backend/errs"
)

// Options say how a window looks.
type Options struct {
	Title string `json:"title"`
	State string `json:"state"` // file that remembers the window's size
}

// Target is where a window goes.
type Target struct {
	Launch string `json:"launch"` // address that opens the UI once
	URL    string `json:"url"`    // of the control listener
	Token  string `json:"token"`
}

// exitNone is the window executable's exit code where no display answers.
const exitNone = 4

// ExitNone reports the exit code for an error of Show.
func ExitNone() int { return exitNone }

// none is the error of Show where no window can be had at all.
type none struct{ error }

func (n none) Unwrap() error { return n.error }

// errNone says that no window can be shown, and what to do instead.
func errNone(reason string) error {
	return none{errs.New(errs.Precondition, "no window can be shown: %s", reason).
		WithHint("open the printed address in a browser")}
}

// None reports whether err says that no window can be had here, so that there has to
// be another way in.
func None(err error) bool { return errors.As(err, &none{}) }

// Display reports whether there is something to show a window on.
func Display(getenv func(string) string) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
}

// Show shows the window and returns when it has been closed, or when ctx ends. A
// window takes as long to come up as a server does, so it starts at once and asks for
// its target meanwhile; a target that cannot be had closes it and is the error. Show
// returns after target has, and must be called from the main goroutine.
func Show(ctx context.Context, o Options, target func() (Target, error)) error {
	if !Display(os.Getenv) {
		return errNone("there is no display")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var failed error
	var asking sync.WaitGroup
	found := make(chan Target, 1)
	asking.Go(func() {
		t, err := target()
		if failed = err; err != nil {
			cancel()
			return
		}
		found <- t
	})
	err := show(ctx, o, found)
	asking.Wait()
	if failed != nil {
		return failed
	}
	return err
}
