// Command rondo-window is the window alone. The program carries it inside, starts it
// with its Options as JSON on standard input, and sends the Target after them.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"rondo/app/window"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o window.Options
	in := json.NewDecoder(os.Stdin)
	if err := in.Decode(&o); err != nil || o.Title == "" {
		fmt.Fprintln(os.Stderr, "rondo-window is started by rondo itself: use `rondo open`")
		os.Exit(2)
	}
	target := func() (t window.Target, err error) { return t, in.Decode(&t) }
	if err := window.Show(ctx, o, target); err != nil {
		fmt.Fprintln(os.Stderr, "rondo:", err)
		if window.None(err) {
			os.Exit(window.ExitNone())
		}
		os.Exit(1)
	}
}
