package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"rondo/app/client"
	"rondo/backend/errs"
	"rondo/backend/interop/mlflow"
)

// credentials are the variables that MLflow's client and PostgreSQL's know.
var credentials = []string{
	"MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_INSECURE_TLS", "MLFLOW_TRACKING_SERVER_CERT_PATH", "PGPASSWORD",
}

func importMLflow(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	in := map[string]any{"source": c.mlflowSource(c.args[0])}
	var roots []string
	for _, dir := range strings.Split(c.value("artifacts"), string(os.PathListSeparator)) {
		if dir != "" {
			roots = append(roots, c.abs(dir))
		}
	}
	env := map[string]string{}
	for _, name := range credentials {
		if v := c.Getenv(name); v != "" {
			env[name] = v
		}
	}
	in["artifacts"], in["env"] = roots, env
	var a mlflow.Account
	err := c.followed(ctx, "import.progress", progressLine, func() error {
		return c.act(ctx, http.MethodPost, "/imports/mlflow", in, &a, func() error { return c.tellMLflow(a) })
	})
	if err != nil && ctx.Err() != nil {
		return errs.New(errs.Unavailable, "the import was stopped").WithHint("what has come stays; import again to go on")
	}
	return err
}

// mlflowSource makes a path whole; addresses stay as they are.
func (c *call) mlflowSource(s string) string {
	for _, scheme := range []string{"sqlite:///", "file://"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok {
			return c.abs(rest)
		}
	}
	if strings.Contains(s, "://") {
		return s
	}
	return c.abs(s)
}

// followed shows how far the server is while it works.
func (c *call) followed(ctx context.Context, kind string, line lineOf, work func() error) error {
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	watching, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.watchProgress(watching, api, kind, line)
	}()
	err = work()
	stop()
	<-ended
	return err
}

const tellEvery = 5 * time.Second // where nobody watches a line change

// lineOf says in a line what an event tells of some work; empty where that is nothing.
type lineOf func(data json.RawMessage) string

func (c *call) watchProgress(ctx context.Context, api *client.Client, kind string, line lineOf) {
	res, err := api.Send(ctx, http.MethodGet, "/events", nil)
	if err != nil {
		return
	}
	defer res.Body.Close()
	live, told := terminal(c.Stderr), time.Now()
	s := bufio.NewScanner(res.Body)
	s.Buffer(nil, 1<<20)
	shown := false
	for s.Scan() {
		text, ok := strings.CutPrefix(s.Text(), "data: ")
		var e struct {
			Kind string
			Data json.RawMessage
		}
		if !ok || json.Unmarshal([]byte(text), &e) != nil || e.Kind != kind {
			continue
		}
		now := line(e.Data)
		if now == "" {
			continue
		}
		switch {
		case live:
			shown = true
			fmt.Fprintf(c.Stderr, "\r\x1b[K%s", now)
		case time.Since(told) > tellEvery:
			told = time.Now()
			fmt.Fprintln(c.Stderr, now)
		}
	}
	if shown {
		fmt.Fprint(c.Stderr, "\r\x1b[K")
	}
}

func progressLine(data json.RawMessage) string {
	var p mlflow.Progress
	if json.Unmarshal(data, &p) != nil || p.Done {
		return ""
	}
	return fmt.Sprintf("%d/%d %.30s: %s, %s, %s, %s (%s)", p.Experiment, p.Of, p.Doing, counted(int64(p.Runs), "run"), counted(p.Points, "point"), counted(int64(p.Traces), "trace"), counted(p.Files, "file"), size(p.Bytes))
}

func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (c *call) tellMLflow(a mlflow.Account) error {
	c.say("%s", shown(a.Source))
	rows := [][]string{{"", "NEW", "CHANGED", "THERE ALREADY", "NOT BROUGHT"}}
	for _, n := range a.Counts {
		if n.New+n.Changed+n.Same+n.Left > 0 {
			rows = append(rows, []string{n.Kind, fmt.Sprint(n.New), fmt.Sprint(n.Changed), fmt.Sprint(n.Same), fmt.Sprint(n.Left)})
		}
	}
	c.table(rows)
	c.say("%s and %s (%s) in %.1f s", counted(a.Points, "metric point"), counted(a.Files, "file"), size(a.Bytes), a.Seconds)
	for _, n := range a.Notes {
		c.say("Note: %s.", n)
	}
	if len(a.Left) > 0 {
		c.say("What did not come, or not whole:")
	}
	for _, l := range a.Left {
		names := strings.Join(l.Names, ", ")
		if l.Count > len(l.Names) {
			names += ", …"
		}
		c.say("  %d × %s: %s (%s)", l.Count, l.Kind, l.Why, names)
	}
	for _, s := range a.Stays {
		c.say("  Rondo has no place for: %s", s)
	}
	if len(a.Lacks) > 0 {
		c.say("This store cannot hold: %s.", strings.Join(a.Lacks, ", "))
	}
	return nil
}

func exportMLflow(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	var x mlflow.Exported
	in := map[string]string{"folder": c.abs(c.args[0])}
	return c.followed(ctx, "export.progress", progressLine, func() error {
		return c.act(ctx, http.MethodPost, "/exports/mlflow", in, &x, func() error { return c.tellExport(x) })
	})
}

func (c *call) tellExport(x mlflow.Exported) error {
	for _, n := range x.Counts {
		if n.New > 0 {
			c.say("%s", counted(int64(n.New), n.Kind))
		}
	}
	c.say("%s and %s (%s) in %.1f s", counted(x.Points, "metric point"), counted(x.Files, "file"), size(x.Bytes), x.Seconds)
	for _, n := range x.Notes {
		c.say("Note: %s.", n)
	}
	c.say("Open it with:\n  mlflow server --backend-store-uri %s --artifacts-destination %s", x.URI, x.Artifacts)
	return nil
}
