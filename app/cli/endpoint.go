package cli

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"rondo/backend/serve"
)

var endpointVerbs = []verb{
	{name: "endpoint list", short: "list the endpoints with what answers and how fast", run: endpointList},
	{name: "endpoint show", of: "/endpoints", args: "NAME", short: "show one endpoint: deployment, signature, traffic", run: endpointShow},
	{
		name: "endpoint create", args: "NAME MODEL", short: "serve a model under a name",
		long: "Endpoints of rondo.yaml are there by themselves. This adds another one.\n\n  rondo endpoint create trial weather --alias challenger --capture 0.1",
		flags: func(f *flag.FlagSet) {
			targetFlags(f)
			f.Float64("capture", 1, "the `share` of requests that are recorded, 0 to 1")
		},
		run: endpointCreate,
	},
	{
		name: "endpoint deploy", of: "/endpoints", args: "NAME", short: "route an endpoint to another version or alias, without failing a request",
		long:  "The version is loaded and tried before anything moves.\n\n  rondo endpoint deploy trial --version 3",
		flags: func(f *flag.FlagSet) { targetFlags(f); f.String("model", "", "another `model`") }, run: endpointDeploy,
	},
	{
		name: "endpoint predict", of: "/endpoints", args: "NAME JSON|@FILE|-", short: "ask for predictions",
		long: "A row is an object of columns; several rows are a list of them. Without rows, the\n" +
			"endpoint's example is asked.\n\n  rondo endpoint predict weather '{\"temp_max\": 12, \"temp_min\": 4, \"wind\": 3.1, \"day\": 40}'",
		flags: func(f *flag.FlagSet) { f.String("id", "", "the `id` under which the truth will be told later") }, run: endpointPredict,
	},
	{
		name: "endpoint truth", of: "/endpoints", args: "NAME (ID LABEL | @FILE | -)", short: "tell what turned out to be right",
		long:  "A file holds a JSON list of {\"id\", \"label\"}, with further facts under \"columns\".\n\n  rondo endpoint truth weather 0198c2… 1\n  rondo endpoint truth weather @labels.json",
		flags: nil, run: endpointTruth,
	},
	{
		name: "endpoint captures", of: "/endpoints", args: "NAME", short: "show what was asked and answered",
		flags: func(f *flag.FlagSet) {
			f.Int("limit", 20, "show `N` of them")
			f.String("after", "", "go on after this `cursor`")
			f.String("labelled", "", "`true` or false: only those with or without truth")
			f.Bool("oldest", false, "the oldest first")
		},
		run: endpointCaptures,
	},
	{name: "endpoint delete", of: "/endpoints", args: "NAME", short: "stop an endpoint; its captures stay", run: endpointDelete},
}

func targetFlags(f *flag.FlagSet) {
	f.String("alias", "", "follow this `alias`")
	f.Int("version", 0, "stay at version `N`")
}

func endpointPath(name string, rest ...string) string {
	path := "/endpoints/" + url.PathEscape(name)
	for _, r := range rest {
		path += "/" + r
	}
	return path
}

func endpointList(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	var list []serve.Endpoint
	return c.fetch(ctx, "/endpoints", &list, func() error {
		if len(list) == 0 {
			c.say("No endpoints yet. `endpoints:` in rondo.yaml or `rondo endpoint create NAME MODEL` makes one.")
			return nil
		}
		rows := [][]string{{"ENDPOINT", "SERVES", "STATE", "REQUESTS", "ERRORS", "P50", "P99", "CAPTURED", "DROPPED"}}
		for _, e := range list {
			s := e.Stats
			rows = append(rows, []string{
				e.Name, serves(e), e.Deployment.State, strconv.FormatInt(s.Requests, 10), strconv.FormatInt(s.Errors, 10),
				micros(s.P50), micros(s.P99), strconv.FormatInt(s.Captured, 10), strconv.FormatInt(s.Dropped, 10),
			})
		}
		c.table(rows)
		return nil
	})
}

// serves tells what an endpoint routes to, and what that means now.
func serves(e serve.Endpoint) string {
	if e.Alias == "" {
		return fmt.Sprintf("%s version %d", e.Model, e.Version)
	}
	if e.Deployment.Version == 0 {
		return fmt.Sprintf("%s@%s", e.Model, e.Alias)
	}
	return fmt.Sprintf("%s@%s→%d", e.Model, e.Alias, e.Deployment.Version)
}

func micros(us float64) string {
	switch {
	case us == 0:
		return "–"
	case us < 1000:
		return fmt.Sprintf("%.0f µs", us)
	}
	return fmt.Sprintf("%.1f ms", us/1000)
}

func endpointShow(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	var e serve.Endpoint
	return c.fetch(ctx, endpointPath(c.args[0]), &e, func() error { c.showEndpoint(e); return nil })
}

func (c *call) showEndpoint(e serve.Endpoint) {
	rows := [][]string{{"endpoint", e.Name}, {"serves", serves(e)}, {"state", e.Deployment.State}}
	if e.Deployment.Reason != "" {
		rows = append(rows, []string{"reason", e.Deployment.Reason})
	}
	if e.Deployment.Version > 0 {
		rows = append(rows, []string{"answers", fmt.Sprintf("version %d of %s (%s), since %s", e.Deployment.Version, e.Deployment.Model, e.Deployment.Flavor, when(e.Deployment.Since))})
	}
	rows = append(
		rows,
		[]string{"declared in", e.Source}, []string{"captures", fmt.Sprintf("%g of all requests; %s written, %d dropped", e.Capture, counted(int64(e.Stats.Captured), "row"), e.Stats.Dropped)},
		[]string{"requests", fmt.Sprintf("%d, of which %d failed and %d were refused", e.Stats.Requests, e.Stats.Errors, e.Stats.Refused)},
		[]string{"takes", fmt.Sprintf("p50 %s, p90 %s, p99 %s", micros(e.Stats.P50), micros(e.Stats.P90), micros(e.Stats.P99))},
	)
	c.table(rows)
	if e.Signature == nil {
		return
	}
	c.say("")
	rows = [][]string{{"COLUMN", "TYPE", ""}}
	for _, col := range e.Signature.Inputs {
		rows = append(rows, []string{col.Name, string(col.Type), map[bool]string{true: "required", false: "optional"}[col.Required]})
	}
	for _, col := range e.Signature.Outputs {
		rows = append(rows, []string{col.Name, string(col.Type), "answer"})
	}
	c.table(rows)
}

func (c *call) target() (map[string]any, error) {
	n, err := strconv.Atoi(c.value("version"))
	if err != nil {
		return nil, err
	}
	return map[string]any{"alias": c.value("alias"), "version": n}, nil
}

func endpointCreate(ctx context.Context, c *call) error {
	if err := c.want(2, 2); err != nil {
		return err
	}
	in, err := c.target()
	if err != nil {
		return err
	}
	share, err := strconv.ParseFloat(c.value("capture"), 64)
	if err != nil {
		return err
	}
	in["name"], in["model"], in["capture"] = c.args[0], c.args[1], share
	var e serve.Endpoint
	return c.act(ctx, http.MethodPost, "/endpoints", in, &e, func() error { c.showEndpoint(e); return nil })
}

func endpointDeploy(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	in, err := c.target()
	if err != nil {
		return err
	}
	in["model"] = c.value("model")
	var e serve.Endpoint
	return c.act(ctx, http.MethodPost, endpointPath(c.args[0], "deploy"), in, &e, func() error { c.showEndpoint(e); return nil })
}

func endpointDelete(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	return c.act(ctx, http.MethodDelete, endpointPath(c.args[0]), nil, nil, func() error {
		c.say("Endpoint %s has stopped. Its captures stay.", c.args[0])
		return nil
	})
}
