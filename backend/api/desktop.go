package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"rondo/backend/errs"
)

// Desktop is the window, as far as one is open: it answers what only a native
// program can do. The pages ask for it over HTTP like for everything else.
type Desktop interface {
	Open() bool
	// Ask passes a wish to the window and waits for its answer; kind Precondition without a window.
	Ask(ctx context.Context, w DesktopWish) (DesktopAnswer, error)
	// Attach makes the caller the window until ctx ends; kind Conflict where there is one.
	Attach(ctx context.Context) (<-chan DesktopWish, error)
	Answer(id string, a DesktopAnswer) error
}

// DesktopWish is something for the window to do.
type DesktopWish struct {
	ID    string `json:"id"`
	Verb  string `json:"verb"` // pick, open, raise or notify
	Kind  string `json:"kind,omitempty"`
	Title string `json:"title,omitempty"`
	Text  string `json:"text,omitempty"`
	URL   string `json:"url,omitempty"`
}

// DesktopAnswer is what came of a wish. An empty path means that the person cancelled.
type DesktopAnswer struct {
	Path  string `json:"path"`
	Error string `json:"error,omitempty"`
}

// DesktopState says whether there is a window.
type DesktopState struct {
	Window bool `json:"window"`
}

type pickIn struct {
	Kind  string `json:"kind"` // file, folder or save
	Title string `json:"title"`
}

type openIn struct {
	URL string `json:"url"`
}

type notifyIn struct {
	Title string `json:"title"`
	Text  string `json:"text"`
}

type answerIn struct {
	ID    string `path:"id" json:"-"`
	Path  string `json:"path"`
	Error string `json:"error"`
}

func (a *API) desktopRoutes(r *Router) {
	Get(r, "/desktop", func(context.Context, Nothing) (DesktopState, error) { return DesktopState{a.Desktop.Open()}, nil })
	Post(r, "/desktop/pick", func(ctx context.Context, in pickIn) (DesktopAnswer, error) {
		if in.Kind != "file" && in.Kind != "folder" && in.Kind != "save" {
			return DesktopAnswer{}, errs.New(errs.Invalid, "kind %.40q: want file, folder or save", in.Kind)
		}
		return a.Desktop.Ask(ctx, DesktopWish{Verb: "pick", Kind: in.Kind, Title: in.Title})
	})
	Post(r, "/desktop/open", a.openOutside)
	Post(r, "/desktop/raise", func(ctx context.Context, _ Nothing) (DesktopAnswer, error) {
		return a.Desktop.Ask(ctx, DesktopWish{Verb: "raise"})
	})
	Post(r, "/desktop/notify", func(ctx context.Context, in notifyIn) (DesktopAnswer, error) {
		return a.Desktop.Ask(ctx, DesktopWish{Verb: "notify", Title: in.Title, Text: in.Text})
	})
	Raw(r, http.MethodGet, "/desktop/wishes", a.streamWishes, "what the window is asked to do, as server-sent events")
	Post(r, "/desktop/wishes/{id}", func(_ context.Context, in answerIn) (Nothing, error) {
		return Nothing{}, a.Desktop.Answer(in.ID, DesktopAnswer{Path: in.Path, Error: in.Error})
	})
}

// openOutside opens a web address in the person's browser. Other schemes could
// start programs.
func (a *API) openOutside(ctx context.Context, in openIn) (DesktopAnswer, error) {
	u, err := url.Parse(in.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return DesktopAnswer{}, errs.New(errs.Invalid, "%.80q is not a web address", in.URL)
	}
	return a.Desktop.Ask(ctx, DesktopWish{Verb: "open", URL: u.String()})
}

func (a *API) streamWishes(w http.ResponseWriter, req *http.Request) error {
	wishes, err := a.Desktop.Attach(req.Context())
	if err != nil {
		return err
	}
	rc := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	fmt.Fprint(w, ": attached\n\n")
	for rc.Flush() == nil {
		select {
		case wish := <-wishes:
			b, _ := json.Marshal(wish) // strings always encode
			fmt.Fprintf(w, "data: %s\n\n", b)
		case <-beat.C:
			fmt.Fprint(w, ": still here\n\n")
		case <-req.Context().Done():
			return nil
		case <-a.Closing:
			return nil
		}
	}
	return nil
}
