package cli

import (
	"ahead"
	"context"
	"flag"
	"log/slog"
	"strconv"

	"rondo/app/client"
	"rondo/app/server"
)

var serveVerbs = []verb{
	{
		name: "serve", short: "own the project: serve its UI, API and predictions", flags: serveFlags, run: runServer,
		long: `
Verbs start a server by themselves where none runs; this one keeps it in the
terminal. It listens on 127.0.0.1 only: port 7717 for UI, API and the tracking
protocol, 7718 for predictions. Ctrl-C ends it; runs go on without it.

  rondo serve
  rondo serve --port 9000 --serving-port 9001`,
	},
	{
		name: "stop", short: "end the project's server", run: stop,
		long: "Runs that the server has started go on; the next server finds them again.",
	},
}

func serveFlags(f *flag.FlagSet) {
	f.Int("port", 0, "listen on port `N` for UI and API; 0 takes 7717, or a free one; -1 any free one")
	f.Int("serving-port", 0, "listen on port `N` for predictions; 0 takes 7718, or a free one; -1 any free one")
	f.Bool("background", false, "print nothing but the log")
}

// number returns the value of a whole-number flag.
func (c *call) number(flag string) int {
	n, _ := strconv.Atoi(c.value(flag)) // checked when it was parsed
	return n
}

func runServer(ctx context.Context, c *call) error {
	s, err := server.Open(ctx, c.serverOptions(c.number("port"), c.number("serving-port")))
	if err != nil {
		return err
	}
	if c.value("background") == "true" {
		slog.Info("serving", "project", c.dir, "url", s.Info().URL, "serving", s.Info().ServingURL)
	} else {
		c.announce(s)
	}
	return s.Serve(ctx)
}

func (c *call) serverOptions(port, serving int) server.Options {
	return server.Options{
		Dir: c.dir, Getenv: c.Getenv, UI: c.UI, Port: port, ServingPort: serving, Version: Version, Build: ahead.Line(),
		Log: slog.New(slog.NewTextHandler(c.Stderr, nil)),
	}
}

// announce tells how to come in.
func (c *call) announce(s *server.Server) {
	c.say("Rondo serves %s", c.dir)
	c.say("  open         %s   (works once; `rondo open` gives another)", s.LaunchURL())
	c.say("  predictions  %s", s.Info().ServingURL)
	for _, n := range s.Notices() {
		c.say("  note         %s", n)
	}
	c.say("Ctrl-C ends it.")
}

func stop(ctx context.Context, c *call) error {
	device, err := c.deviceDir()
	if err != nil {
		return err
	}
	done, err := client.Stop(ctx, device)
	switch {
	case err != nil:
		return err
	case c.json:
		return c.print(map[string]bool{"stopped": done})
	case done:
		c.say("The server of %s has ended.", c.dir)
	default:
		c.say("No server runs for %s.", c.dir)
	}
	return nil
}
