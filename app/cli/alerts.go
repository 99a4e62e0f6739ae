package cli

import (
	"context"
	"flag"
	"net/http"
	"net/url"

	"rondo/backend/monitor"
)

var alertVerbs = []verb{
	{name: "alerts", short: "list alerts, newest first", flags: alertFlags, run: alertList},
	{name: "alerts ack", args: "ALERT", short: "say that you look after an alert", flags: noteFlag, run: alertStep("acknowledge")},
	{name: "alerts resolve", args: "ALERT", short: "say that an alert is over", flags: noteFlag, run: alertStep("resolve")},
}

func noteFlag(f *flag.FlagSet) { f.String("note", "", "a word on it, for the history") }

func alertFlags(f *flag.FlagSet) {
	f.String("monitor", "", "only those of one `MONITOR`")
	f.String("status", "active", "open, acknowledged, resolved, active (the first two) or all")
}

func alertList(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	q := url.Values{"monitor": {c.value("monitor")}, "status": {c.value("status")}}
	if c.value("status") == "all" {
		q.Del("status")
	}
	var list []monitor.Alert
	return c.fetch(ctx, "/alerts?"+q.Encode(), &list, func() error {
		if len(list) == 0 {
			c.say("No such alerts.")
			return nil
		}
		rows := [][]string{{"ALERT", "MONITOR", "KIND", "STATUS", "SINCE", "SAYS"}}
		for _, a := range list {
			rows = append(rows, []string{a.ID, a.Monitor, a.Kind, a.Status, when(a.OpenedAt), a.Verdict.Text})
		}
		c.table(rows)
		return nil
	})
}

func alertStep(action string) func(context.Context, *call) error {
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, 1); err != nil {
			return err
		}
		var a monitor.Alert
		in := map[string]string{"note": c.value("note")}
		return c.act(ctx, http.MethodPost, "/alerts/"+url.PathEscape(c.args[0])+"/"+action, in, &a, func() error {
			c.say("Alert %s of monitor %s is %s.", a.ID, a.Monitor, a.Status)
			return nil
		})
	}
}
