// Package cli is the command line: one file per verb. Nearly every verb is a client
// of the project's HTTP API, like the window and the browser. Nothing is decided here.
package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"rondo/app/client"
	"rondo/backend/errs"
)

// Env is all that a verb may touch of the world around it; a test brings its own.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Dir            string // working directory
	UI             fs.FS  // the built frontend
}

// verb is one command, such as "data snapshot". Its file registers it in verbs.go.
type verb struct {
	name  string // one or two words
	args  string // what follows the flags, such as "NAME [PATH]"
	short string // one line for `rondo help`
	long  string // what `rondo help VERB` adds, with examples
	flags func(f *flag.FlagSet)
	run   func(ctx context.Context, c *call) error

	anywhere bool   // needs no project
	of       string // the API's list of what the arguments name; a slip in one gets a suggestion
	hidden   bool   // for Rondo's own processes; not in `rondo help`
	command  bool   // what follows the flags is a command, with flags of its own
}

// call is one invocation of a verb.
type call struct {
	Env
	verb  *verb
	verbs []verb // all there are, for the help
	flags *flag.FlagSet
	args  []string // after the flags
	dir   string   // of the project: --project, or found upward from Dir
	json  bool     // --json: print the API's answer as it is
	aside bool     // it was told what is to be known of the server that runs
}

// api finds the project's server, starting one if need be.
func (c *call) api(ctx context.Context) (*client.Client, error) {
	return connect(ctx, c)
}

// want checks the number of arguments.
func (c *call) want(least, most int) error {
	if n := len(c.args); n < least || most >= 0 && n > most {
		return c.misused()
	}
	return nil
}

// misused says how the verb is written.
func (c *call) misused() error {
	return errs.New(errs.Invalid, "usage: rondo %s %s", c.verb.name, c.verb.args).
		WithHint("see `rondo help %s`", c.verb.name)
}

// say prints a line for the person. Names in it are shown as one line each.
func (c *call) say(format string, args ...any) {
	text := fmt.Sprintf(strings.TrimSuffix(format, "\n")+"\n", shownArgs(format, args)...)
	fmt.Fprint(c.Stdout, harmless(text))
}

// sayRaw prints an answer of the API as it is.
func (c *call) sayRaw(b []byte) {
	fmt.Fprintln(c.Stdout, harmlessJSON(b))
}
