// Command rondo-window is the window alone. The program carries it inside and
// starts it with its Options as JSON on standard input.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"rondo/app/window"
	"rondo/backend/errs"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var o window.Options
	if err := json.NewDecoder(os.Stdin).Decode(&o); err != nil || o.Launch == "" {
		fmt.Fprintln(os.Stderr, "rondo-window is started by rondo itself: use `rondo open`")
		os.Exit(2)
	}
	if err := window.Show(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "rondo:", err)
		if errs.Is(err, errs.Precondition) {
			os.Exit(window.ExitNone())
		}
		os.Exit(1)
	}
}
