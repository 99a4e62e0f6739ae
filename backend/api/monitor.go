package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/monitor"
	"rondo/backend/monitor/figure"
	"rondo/backend/monitor/report"
)

func (a *API) monitorRoutes(r *Router) {
	Get(r, "/monitors", func(ctx context.Context, _ Nothing) ([]monitor.Monitor, error) { return a.Monitors.List(ctx) })
	Get(r, "/monitors/{name}", func(ctx context.Context, in monitorName) (monitor.Monitor, error) {
		return a.Monitors.Get(ctx, in.Name)
	})
	Get(r, "/monitors/{name}/windows", func(ctx context.Context, in windowQuery) ([]monitor.Window, error) {
		return a.Monitors.Windows(ctx, in.Name, in.Limit, in.Before)
	})
	Get(r, "/monitors/{name}/windows/{id}", func(ctx context.Context, in windowName) (monitor.Window, error) {
		return a.Monitors.Window(ctx, in.Name, in.ID)
	})
	Get(r, "/monitors/{name}/windows/{id}/quality", func(ctx context.Context, in windowName) ([]monitor.Quality, error) {
		return a.Monitors.Revisions(ctx, in.Name, in.ID)
	})
	Get(r, "/monitors/{name}/quality", func(ctx context.Context, in monitorName) ([]monitor.Quality, error) {
		return a.Monitors.Quality(ctx, in.Name)
	})
	Post(r, "/monitors/{name}/evaluate", func(ctx context.Context, in monitorName) (monitor.Evaluation, error) {
		return a.Monitors.Evaluate(ctx, in.Name)
	})
	Raw(r, http.MethodGet, "/monitors/{name}/windows/{id}/report", a.windowReport, "a window as one HTML page")
	Raw(r, http.MethodGet, "/monitors/{name}/windows/{id}/plot", a.windowPlot, "both distributions of ?column= as ?format=svg or png, ?theme=light or dark")
	Raw(r, http.MethodGet, "/monitors/{name}/quality/plot", a.qualityPlot, "?metric= over the windows as ?format=svg or png, ?theme=light or dark")
	a.alertRoutes(r)
}

func (a *API) alertRoutes(r *Router) {
	Get(r, "/alerts", func(ctx context.Context, in alertQuery) ([]monitor.Alert, error) {
		return a.Monitors.Alerts(ctx, monitor.AlertQuery{Monitor: in.Monitor, Status: in.Status, Limit: in.Limit})
	})
	Post(r, "/alerts/{id}/acknowledge", func(ctx context.Context, in AlertNote) (monitor.Alert, error) {
		return a.Monitors.Acknowledge(ctx, in.ID, in.Note)
	})
	Post(r, "/alerts/{id}/resolve", func(ctx context.Context, in AlertNote) (monitor.Alert, error) {
		return a.Monitors.Resolve(ctx, in.ID, in.Note)
	})
}

type monitorName struct {
	Name string `path:"name"`
}

type windowName struct {
	Name string `path:"name"`
	ID   string `path:"id"`
}

type windowQuery struct {
	Name   string `path:"name"`
	Limit  int    `query:"limit"`
	Before int    `query:"before"` // number of the window that they come before
}

type alertQuery struct {
	Monitor string `query:"monitor"`
	Status  string `query:"status"` // open, acknowledged, resolved, or active for the first two
	Limit   int    `query:"limit"`
}

// AlertNote is what someone says of an alert.
type AlertNote struct {
	ID   string `path:"id" json:"-"`
	Note string `json:"note"`
}

// pageOnly lets a page show itself and nothing else.
const pageOnly = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"

func (a *API) windowReport(w http.ResponseWriter, req *http.Request) error {
	win, err := a.Monitors.Window(req.Context(), req.PathValue("name"), req.PathValue("id"))
	if err != nil {
		return err
	}
	history, err := a.Monitors.Quality(req.Context(), win.Monitor)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := report.Write(&b, win, history); err != nil {
		return err
	}
	if req.URL.Query().Has("download") {
		w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="monitor-window-%d.html"`, win.Number))
	}
	writeFile(w, "text/html; charset=utf-8", b.Bytes())
	return nil
}

// writeFile answers with a document of ours that holds words from outside.
func writeFile(w http.ResponseWriter, kind string, b []byte) {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Security-Policy", pageOnly)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.Write(b)
}

func (a *API) windowPlot(w http.ResponseWriter, req *http.Request) error {
	return writeFigure(w, req, func(t figure.Theme) (f figure.Figure, err error) {
		win, err := a.Monitors.Window(req.Context(), req.PathValue("name"), req.PathValue("id"))
		if err != nil {
			return f, err
		}
		name := req.URL.Query().Get("column")
		at := slices.IndexFunc(win.Columns, func(c monitor.Column) bool { return c.Name == name })
		if at < 0 {
			return f, errs.New(errs.NotFound, "window %d has no column %.80q", win.Number, name).WithHint("add ?column= and one of: %s", columnNames(win))
		}
		return figure.Column(win.Columns[at], t)
	})
}

func columnNames(w monitor.Window) string {
	var names []string
	for _, c := range w.Columns {
		names = append(names, c.Name)
	}
	return strings.Join(names, ", ")
}

func (a *API) qualityPlot(w http.ResponseWriter, req *http.Request) error {
	return writeFigure(w, req, func(t figure.Theme) (f figure.Figure, err error) {
		m, err := a.Monitors.Get(req.Context(), req.PathValue("name"))
		if err != nil {
			return f, err
		}
		list, err := a.Monitors.Quality(req.Context(), m.Name)
		if err != nil {
			return f, err
		}
		metric := cmp.Or(req.URL.Query().Get("metric"), "accuracy")
		return figure.Quality(list, metric, m.Config.Quality[metric], t)
	})
}

func writeFigure(w http.ResponseWriter, req *http.Request, draw func(figure.Theme) (figure.Figure, error)) error {
	q := req.URL.Query()
	t, err := figure.ThemeOf(q.Get("theme"))
	if err != nil {
		return err
	}
	f, err := draw(t)
	if err != nil {
		return err
	}
	format := cmp.Or(q.Get("format"), figure.SVG)
	var b bytes.Buffer
	if err := f.Write(&b, format); err != nil {
		return err
	}
	kind := "image/svg+xml"
	if format == figure.PNG {
		kind = "image/png"
	}
	writeFile(w, kind, b.Bytes())
	return nil
}
