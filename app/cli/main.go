package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/host"
	"rondo/backend/interop/dvc"
	"rondo/backend/project"
)

// Exit codes of the program. `rondo help exit-codes` tells them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitState       = 4 // conflict, or the state does not allow it
	exitUnavailable = 5
	exitDenied      = 6
	exitInterrupted = 130
)

var exitCodes = map[errs.Kind]int{
	errs.Invalid: exitUsage, errs.TooLarge: exitUsage, errs.NotFound: exitNotFound, errs.Conflict: exitState,
	errs.Precondition: exitState, errs.Unavailable: exitUnavailable, errs.Denied: exitDenied,
}

// exitWith ends the program with a code of its own and no message, for verbs
// that pass on how something else ended.
type exitWith int

func (e exitWith) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Main runs the command line args (without the program's name) and returns the exit code.
func Main(ctx context.Context, env Env, args []string) int {
	c := &call{Env: env, verbs: verbs()}
	err := c.suggest(ctx, c.execute(ctx, args))
	var code exitWith
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return exitInterrupted
	}
	c.complain(err)
	return codeOf(err)
}

func codeOf(err error) int {
	if code, ok := exitCodes[errs.KindOf(err)]; ok {
		return code
	}
	return exitFailed
}

// complain tells a failure: for people in two lines, for programs as the API says it.
func (c *call) complain(err error) {
	err = host.Explain(cmp.Or(c.dir, c.Dir), err)
	if c.json {
		b, _ := json.Marshal(map[string]any{"error": map[string]string{
			"kind": errs.KindOf(err).String(), "message": errs.Text(err), "hint": errs.HintOf(err),
		}})
		fmt.Fprintln(c.Stderr, harmlessJSON(b))
		return
	}
	fmt.Fprintf(c.Stderr, "rondo: %s\n", indented(errs.Text(err)))
	if hint := errs.HintOf(err); hint != "" {
		fmt.Fprintf(c.Stderr, "       %s\n", indented(hint))
	}
}

// indented keeps the lines of a message apart from the beginnings of other messages.
func indented(text string) string {
	return strings.ReplaceAll(harmless(text), "\n", "\n       ")
}

func (c *call) execute(ctx context.Context, args []string) error {
	args, err := c.globals(args)
	if err != nil {
		return err
	}
	if len(args) == 0 {
		args = []string{"open"}
	}
	v, rest := find(c.verbs, args)
	if v == nil {
		return c.noVerb(args)
	}
	c.verb = v
	if err := c.parse(rest); err != nil {
		return c.usage(err)
	}
	if err := c.locate(); err != nil {
		return err
	}
	return v.run(ctx, c)
}

// globals takes the flags that stand in front of the verb.
func (c *call) globals(args []string) ([]string, error) {
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value, given := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
		switch {
		case name == "help" || name == "h":
			return append([]string{"help"}, args[1:]...), nil
		case name == "version":
			return []string{"version"}, nil
		case name == "json":
			c.json = true
		case name == "project" && given:
			c.dir = value
		case name == "project" && len(args) > 1:
			c.dir, args = args[1], args[1:]
		case name == "project":
			return nil, errs.New(errs.Invalid, "--project wants a folder").WithHint("rondo --project DIR VERB …")
		default:
			return nil, errs.New(errs.Invalid, "%s is not a flag that stands in front of a verb", args[0]).WithHint("see `rondo help`")
		}
		args = args[1:]
	}
	return args, nil
}

// find returns the verb that args begin with, the longer name first.
func find(all []verb, args []string) (*verb, []string) {
	for words := min(2, len(args)); words > 0; words-- {
		name := strings.Join(args[:words], " ")
		for i := range all {
			if all[i].name == name {
				return &all[i], args[words:]
			}
		}
	}
	return nil, args
}

// parse reads flags and arguments in any order; after "--" all are arguments.
func (c *call) parse(args []string) error {
	c.flags = flag.NewFlagSet(c.verb.name, flag.ContinueOnError)
	c.flags.SetOutput(io.Discard)
	c.flags.BoolVar(&c.json, "json", c.json, "print the API's answer as it is")
	c.flags.StringVar(&c.dir, "project", c.dir, "work on the project in `DIR`")
	if c.verb.flags != nil {
		c.verb.flags(c.flags)
	}
	args, tail := splitTail(args)
	for len(args) > 0 {
		if err := c.flags.Parse(args); err != nil {
			return err
		}
		args = c.flags.Args()
		if c.verb.command {
			c.args = append(c.args, args...)
			break
		}
		if len(args) > 0 {
			c.args, args = append(c.args, args[0]), args[1:]
		}
	}
	c.args = append(c.args, tail...)
	return nil
}

func splitTail(args []string) (head, tail []string) {
	for i, a := range args {
		if a == "--" {
			return args[:i], args[i+1:]
		}
	}
	return args, nil
}

func (c *call) usage(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		c.explain(c.verb)
		return nil
	}
	what := strings.Replace(err.Error(), "flag provided but not defined: -", "there is no flag --", 1)
	return errs.New(errs.Invalid, "%s: %s", c.verb.name, what).WithHint("see `rondo help %s`", c.verb.name)
}

// locate turns --project into the folder of a project, or looks upward from where
// the person stands. A verb that needs none does not mind that there is none.
func (c *call) locate() error {
	if c.verb.anywhere {
		return nil
	}
	at := c.Dir
	if c.dir != "" {
		if at = c.dir; !filepath.IsAbs(at) {
			at = filepath.Join(c.Dir, at)
		}
	}
	p, err := c.find(at)
	if err != nil {
		return err
	}
	c.dir = p.Dir
	return nil
}

// find looks for the nearest project upward. One of DVC's becomes one of Rondo's beside
// what it is, by a private folder that git and DVC ignore.
func (c *call) find(at string) (*project.Project, error) {
	p, err := project.Find(at)
	root, none := dvc.Find(at)
	if none != nil || err != nil && !errs.Is(err, errs.NotFound) || err == nil && len(p.Dir) >= len(root) {
		return p, err
	}
	if p, err = project.Settle(root); err == nil {
		fmt.Fprintf(c.Stderr, "rondo: %s is a DVC project; what Rondo records of it goes into %s\n", shown(p.Dir), project.PrivateDir)
	}
	return p, err
}
