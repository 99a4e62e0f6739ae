package cli

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sort"
	"strings"

	"rondo/backend/errs"
)

// groups is the order of `rondo help`. A verb belongs to the group that names the
// first word of it; the rest come under "more".
var groups = []struct {
	title string
	words []string
}{
	{"Begin", []string{"init", "open", "serve", "trust", "demo"}},
	{"Data", []string{"data"}},
	{"Train", []string{"run", "runs", "repro", "status", "stage", "dag", "reproduce", "step", "env", "metrics", "params", "plots", "exps"}},
	{"Register and evaluate", []string{"model"}},
	{"Serve and monitor", []string{"endpoint", "monitor", "alerts", "alert"}},
	{"Decide", []string{"decisions", "decision", "trigger"}},
	{"Look after it", []string{"host", "token", "stop", "fsck", "seal", "dump", "rebuild", "version", "help"}},
}

var helpVerbs = []verb{
	{
		name: "help", args: "[VERB]", short: "list the verbs, or explain one", anywhere: true,
		run: func(_ context.Context, c *call) error { return c.help() },
	},
}

func (c *call) help() error {
	name := strings.Join(c.args, " ")
	if name == "" {
		c.overview()
		return nil
	}
	if name == "exit-codes" {
		c.say("%s", exitCodeHelp)
		return nil
	}
	if v, rest := find(c.verbs, c.args); v != nil && len(rest) == 0 {
		c.explain(v)
		return nil
	}
	if list := under(c.verbs, name); len(list) > 0 {
		c.group(name, list)
		return nil
	}
	return c.unknown(c.args)
}

func (c *call) group(word string, list []verb) {
	c.say("usage: rondo %s VERB …\n\n", word)
	c.list(list)
	c.say("`rondo help %s VERB` explains one.", word)
}

const exitCodeHelp = `Exit codes:
  0  done
  1  failed
  2  the command line, or what was given, cannot be right
  3  the named thing does not exist
  4  it exists already, or its state does not allow that now
  5  busy, full, starting or gone: try again later
  6  not allowed, or not trusted on this device
  130  interrupted
A verb that waits for a run ends with the run's own code.`

func (c *call) overview() {
	c.say("Rondo keeps the MLOps loop on one laptop.\n\nusage: rondo [--project DIR] [--json] VERB …\n\n")
	left := visible(c.verbs)
	for _, g := range groups {
		var list []verb
		list, left = take(left, g.words)
		if len(list) > 0 {
			c.say("%s", g.title)
			c.list(list)
		}
	}
	if len(left) > 0 {
		c.say("More")
		c.list(left)
	}
	c.say("`rondo help VERB` explains one, `rondo help exit-codes` how they end; `rondo` alone opens the window.")
}

func visible(all []verb) (list []verb) {
	for _, v := range all {
		if !v.hidden {
			list = append(list, v)
		}
	}
	return list
}

// take moves the verbs whose first word is among words out of all, in that order.
func take(all []verb, words []string) (taken, left []verb) {
	for _, w := range words {
		left = nil
		for _, v := range all {
			if first, _, _ := strings.Cut(v.name, " "); first == w {
				taken = append(taken, v)
			} else {
				left = append(left, v)
			}
		}
		all = left
	}
	return taken, all
}

func (c *call) list(list []verb) {
	for _, v := range list {
		c.say("  %-20s %s", v.name, v.short)
	}
	c.say("")
}

func (c *call) explain(v *verb) {
	c.say("%s", strings.TrimRight("usage: rondo "+v.name+" "+v.args, " "))
	c.say("%s", "\n"+v.short)
	if v.long != "" {
		c.say("%s", "\n"+strings.Trim(v.long, "\n"))
	}
	f := flag.NewFlagSet("", flag.ContinueOnError)
	if v.flags != nil {
		v.flags(f)
	}
	f.String("project", "", "work on the project in `DIR`")
	f.Bool("json", false, "print the API's answer as it is")
	c.say("\nFlags")
	f.VisitAll(func(f *flag.Flag) { c.say("  %s", flagLine(f)) })
}

func flagLine(f *flag.Flag) string {
	value, use := flag.UnquoteUsage(f)
	name := "--" + f.Name
	if len(f.Name) == 1 {
		name = "-" + f.Name
	}
	if value != "" {
		name += " " + value
	}
	line := fmt.Sprintf("%-20s %s", name, use)
	if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
		line += fmt.Sprintf(" (%s)", f.DefValue)
	}
	return line
}

// under returns the verbs below a first word, such as those of "data".
func under(all []verb, word string) (list []verb) {
	for _, v := range visible(all) {
		if strings.HasPrefix(v.name, word+" ") {
			list = append(list, v)
		}
	}
	return list
}

// noVerb is for words that are no verb. The first may stand for a group of them, which is
// listed: by --help as what was asked for, else as what is missing.
func (c *call) noVerb(args []string) error {
	list := under(c.verbs, args[0])
	switch {
	case len(list) > 0 && slices.ContainsFunc(args[1:], isHelp):
		c.group(args[0], list)
		return nil
	case len(list) > 0 && len(args) == 1:
		return c.wantsSecond(args[0], list)
	}
	return c.unknown(args)
}

func isHelp(word string) bool {
	return slices.Contains([]string{"--help", "-help", "-h", "help"}, word)
}

// wantsSecond fails with the verbs of a group: all of them in the message only for programs.
func (c *call) wantsSecond(group string, list []verb) error {
	if c.json {
		return errs.New(errs.Invalid, "%s wants a second word: %s", group, seconds(list)).WithHint("see `rondo help %s`", group)
	}
	c.complain(errs.New(errs.Invalid, "%s wants a second word", group))
	c.Stdout = c.Stderr
	c.group(group, list)
	return exitWith(exitUsage)
}

// unknown says that there is no such verb, and which one was perhaps meant.
func (c *call) unknown(args []string) error {
	given, where := args[0], "rondo help"
	if list := under(c.verbs, given); len(list) > 0 && len(args) > 1 {
		given, where = given+" "+args[1], where+" "+given
	}
	err := errs.New(errs.Invalid, "%q is not a verb of rondo", given)
	if v := habit(c.verbs, given); v != nil {
		return err.WithHint("here it is `rondo %s`: %s", v.name, v.short)
	}
	if near := nearest(c.verbs, given); near != "" {
		return err.WithHint("did you mean `rondo %s`?", near)
	}
	return err.WithHint("see `%s`", where)
}

func seconds(list []verb) string {
	var words []string
	for _, v := range list {
		_, second, _ := strings.Cut(v.name, " ")
		words = append(words, second)
	}
	sort.Strings(words)
	return strings.Join(words, ", ")
}
