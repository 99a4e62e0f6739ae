// Command rondo keeps the whole MLOps loop on one laptop. See ARCHITECTURE.md.
package main

import (
	"context"
	"embed"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"rondo/app/cli"
)

// dist is the built frontend; a lone .gitkeep where it has not been built.
//
//go:embed all:frontend/dist
var dist embed.FS

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(cli.Main(ctx, environment(), os.Args[1:]))
}

func environment() cli.Env {
	ui, _ := fs.Sub(dist, "frontend/dist") // fails for malformed names only
	dir, _ := os.Getwd()                   // "" is found out where a folder is needed
	return cli.Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Dir: dir, UI: ui,
	}
}
