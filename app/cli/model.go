package cli

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/registry"
)

var modelVerbs = []verb{
	{name: "model list", short: "list the registered models", run: modelList},
	{name: "model show", of: "/models", args: "MODEL [VERSION]", short: "show a model's versions, or one version with its evidence", run: modelShow},
	{name: "model compare", of: "/models", args: "MODEL A B", short: "show what differs between two versions, and how they do on the same rows", run: modelCompare},
	{
		name: "model alias", of: "/models", args: "MODEL ALIAS VERSION", short: "point an alias at a version, after it has been tried",
		long:  "Endpoints that follow the alias swap without failing a request.\n\n  rondo model alias weather champion 2 --reason \"better in the north\"",
		flags: reasonFlag, run: modelAlias,
	},
	{
		name: "model rollback", of: "/models", args: "MODEL [VERSION]", short: "go back to the version that was live before",
		long:  "The version is loaded and asked an example before anything moves.\n\n  rondo model rollback weather --reason \"wrong in the north\"",
		flags: func(f *flag.FlagSet) { reasonFlag(f); f.String("alias", "champion", "the `alias` to move back") }, run: modelRollback,
	},
	{name: "model history", of: "/models", args: "MODEL", short: "show who moved which alias, when and why", run: modelHistory},
	{
		name: "model live", of: "/models", args: "MODEL", short: "show what was live at a moment",
		long: "  rondo model live weather --at 2026-03-03",
		flags: func(f *flag.FlagSet) {
			f.String("alias", "champion", "the `alias` in question")
			f.String("at", "", "the `moment`, such as 2026-03-03 or 2026-03-03T12:00:00Z; now if empty")
		},
		run: modelLive,
	},
}

func reasonFlag(f *flag.FlagSet) { f.String("reason", "", "why, in `words`, for the history") }

func modelPath(name string, rest ...string) string {
	path := "/models/" + url.PathEscape(name)
	for _, r := range rest {
		path += "/" + url.PathEscape(r)
	}
	return path
}

func versionArg(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimPrefix(s, "v"))
	if err != nil || n < 1 {
		return 0, errs.New(errs.Invalid, "%q is no version number", s).WithHint("`rondo model show MODEL` lists them")
	}
	return n, nil
}

func modelList(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	var list []registry.Model
	return c.fetch(ctx, "/models", &list, func() error {
		if len(list) == 0 {
			c.say("No models yet. `rondo repro` trains and registers what models: of rondo.yaml names.")
			return nil
		}
		rows := [][]string{{"MODEL", "VERSIONS", "ALIASES", "CHANGED"}}
		for _, m := range list {
			rows = append(rows, []string{m.Name, strconv.Itoa(m.Versions), aliasWords(m.Aliases), when(m.UpdatedAt)})
		}
		c.table(rows)
		return nil
	})
}

func aliasWords(aliases map[string]int) string {
	var parts []string
	for a, n := range aliases {
		parts = append(parts, fmt.Sprintf("%s→%d", a, n))
	}
	return strings.Join(slices.Sorted(slices.Values(parts)), " ")
}

func modelHistory(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	var list []registry.Move
	return c.fetch(ctx, modelPath(c.args[0], "history"), &list, func() error {
		rows := [][]string{{"WHEN", "ALIAS", "FROM", "TO", "WHO", "WHY"}}
		for _, m := range list {
			rows = append(rows, []string{when(m.At), m.Alias, strconv.Itoa(m.From), strconv.Itoa(m.To), m.By, m.Reason})
		}
		c.table(rows)
		return nil
	})
}

func modelLive(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	q := url.Values{"alias": {c.value("alias")}}
	if at := c.value("at"); at != "" {
		q.Set("at", at)
	}
	var out struct {
		Version int            `json:"version"`
		At      time.Time      `json:"at"`
		Since   *registry.Move `json:"since"`
	}
	return c.fetch(ctx, modelPath(c.args[0], "live")+"?"+q.Encode(), &out, func() error {
		if out.Version == 0 {
			c.say("At %s nothing was live under %s.", when(out.At), c.value("alias"))
			return nil
		}
		c.say("At %s version %d was live under %s, since %s (%s): %s", when(out.At), out.Version, c.value("alias"), when(out.Since.At), out.Since.By, out.Since.Reason)
		return nil
	})
}
