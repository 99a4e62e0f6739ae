// Package window shows a project in a native window. It is the only importer of
// Wails, and only where it is built with the tag desktop. The window goes to the
// server's own pages: window and browser are the same, with one transport. What
// only a native program can do, the server asks of it (backend/api/desktop.go).
package window

import (
	"context"
	"os"
	"runtime"

	"rondo/backend/errs"
)

// Options say what a window shows.
type Options struct {
	Title  string `json:"title"`
	Launch string `json:"launch"` // address that opens the UI once
	URL    string `json:"url"`    // of the control listener
	Token  string `json:"token"`
	State  string `json:"state"` // file that remembers the window's size
}

// exitNone is the window executable's exit code where no display answers.
const exitNone = 4

// ExitNone reports the exit code for an error of Show.
func ExitNone() int { return exitNone }

// errNone says that no window can be shown, and what to do instead.
func errNone(reason string) error {
	return errs.New(errs.Precondition, "no window can be shown: %s", reason).
		WithHint("open the printed address in a browser")
}

// Display reports whether there is something to show a window on.
func Display(getenv func(string) string) bool {
	if runtime.GOOS != "linux" {
		return true
	}
	return getenv("DISPLAY") != "" || getenv("WAYLAND_DISPLAY") != ""
}

// Show shows the window and returns when it has been closed, or when ctx ends. It
// must be called from the main goroutine.
func Show(ctx context.Context, o Options) error {
	if !Display(os.Getenv) {
		return errNone("there is no display")
	}
	return show(ctx, o)
}
