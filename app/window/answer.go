//go:build desktop || dev

package window

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"rondo/app/client"
)

// wish and reply are the API's DesktopWish and DesktopAnswer, retyped in order that
// the window does not carry the whole server inside.
type wish struct{ ID, Verb, Kind, Title, Text, URL string }

type reply struct {
	Path  string `json:"path"`
	Error string `json:"error"`
}

// desk is what a native window can do.
type desk interface {
	pick(kind, title string) (path string, err error)
	open(url string)
	raise()
	notify(title, text string) error
}

// answer does what the pages wish for, as long as the window is there.
func answer(ctx context.Context, c *client.Client, d desk) {
	for ctx.Err() == nil {
		listen(ctx, c, d)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second): // the server is gone or starts again
		}
	}
}

func listen(ctx context.Context, c *client.Client, d desk) {
	res, err := c.Send(ctx, http.MethodGet, "/desktop/wishes", nil)
	if err != nil {
		return
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		var w wish
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok || json.Unmarshal([]byte(data), &w) != nil {
			continue
		}
		go func() { // a dialog may stand open while others ask
			_ = c.Post(ctx, "/desktop/wishes/"+w.ID, grant(d, w), nil) // who asked may be gone
		}()
	}
}

func grant(d desk, w wish) (a reply) {
	var err error
	switch w.Verb {
	case "pick":
		a.Path, err = d.pick(w.Kind, w.Title)
	case "open":
		d.open(w.URL)
	case "raise":
		d.raise()
	case "notify":
		err = d.notify(w.Title, w.Text)
	default:
		a.Error = "this window cannot " + w.Verb
	}
	if err != nil {
		a.Error = err.Error()
	}
	return a
}
