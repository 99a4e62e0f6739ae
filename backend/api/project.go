package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fsck"
	"rondo/backend/project"
	"rondo/backend/ref"
)

// House is what the program around the nouns answers: about the project as a whole
// and about itself.
type House interface {
	Project(ctx context.Context) (Project, error)
	File(ctx context.Context) (SourceFile, error)
	SaveFile(ctx context.Context, change FileChange) (SourceFile, error)
	Trust(ctx context.Context) (project.Question, error)
	GrantTrust(ctx context.Context, digest ref.Digest) (project.Question, error)
	Loop(ctx context.Context) (Loop, error)
	Settings(ctx context.Context) (Settings, error)
	SaveSettings(ctx context.Context, change func(*Settings) error) (Settings, error)
	Fsck(ctx context.Context) (fsck.Report, error)
	Seal(ctx context.Context) error // what makes the folder a project
	Launch(ctx context.Context) (Launch, error)
	Stop(ctx context.Context) error
}

// Project is the open project and the server that owns it on this device.
type Project struct {
	project.Project
	Name       string    `json:"name"`
	Version    string    `json:"version"` // of the program
	Device     string    `json:"device"`  // this installation's id
	PID        int       `json:"pid"`
	URL        string    `json:"url"`         // of the control listener
	ServingURL string    `json:"serving_url"` // of the serving listener
	StartedAt  time.Time `json:"started_at"`
	Problem    *Failure  `json:"problem"` // why rondo.yaml cannot be used now; null where it can
	TrustFirst bool      `json:"trust_needed"`
	Repairs    []string  `json:"repairs"` // what opening had to mend or could not read
	Notices    []string  `json:"notices"` // what a person should know about this server
}

// SourceFile is rondo.yaml as text and, where it can be read, as what it says.
type SourceFile struct {
	Text    string        `json:"text"`
	File    *project.File `json:"file"`
	Problem *Failure      `json:"problem"`
}

// FileChange is a new text of rondo.yaml, and the one that it was made of.
type FileChange struct {
	Text string `json:"text"`
	Was  string `json:"was"`
}

// Loop is the state of the lifecycle, for the home page.
type Loop struct {
	Stages    []LoopStage `json:"stages"`  // in the order of the lifecycle
	Running   []LoopItem  `json:"running"` // what goes on now
	Attention []LoopItem  `json:"attention"`
}

// States of a LoopStage.
const (
	LoopEmpty     = "empty" // nothing there yet: the page teaches this step
	LoopReady     = "ready"
	LoopRunning   = "running"
	LoopAttention = "attention" // a person should look
	LoopFailed    = "failed"
)

// LoopStage is one stage: data, train, register, evaluate, serve, monitor or decide.
type LoopStage struct {
	Name     string         `json:"name"`
	State    string         `json:"state"`
	Headline Headline       `json:"headline"`
	Count    int            `json:"count"`
	At       time.Time      `json:"at,omitzero"` // of the newest thing there
	Link     string         `json:"link"`        // the page that tells more
	Values   map[string]any `json:"values,omitempty"`
}

// Headline is the one thing to know about a stage: a code for translation with
// its values, and the same in English.
type Headline struct {
	Code   string         `json:"code"`
	Text   string         `json:"text"`
	Values map[string]any `json:"values,omitempty"`
}

// LoopItem is something that runs, or that a person should see to.
type LoopItem struct {
	Kind string    `json:"kind"` // execution, run, decision, alert, trust, project, endpoint …
	ID   string    `json:"id"`
	Text string    `json:"text"`
	At   time.Time `json:"at,omitzero"`
	Link string    `json:"link"`
}

// Settings are this person's, on this device, for this project.
type Settings struct {
	Theme    string `json:"theme"`    // system, light or dark
	Language string `json:"language"` // en, ko, or empty for the browser's
	Actor    string `json:"actor"`    // the name that changes from the window carry in the history
	Sidebar  bool   `json:"sidebar"`  // shown
	// KeepCaptures is how many days captured requests are kept; 0 keeps them for ever.
	KeepCaptures int `json:"keep_captures_days"`
}

// Launch is an address that opens the UI once, without a token.
type Launch struct {
	URL string `json:"url"`
}

type grant struct {
	Digest ref.Digest `json:"digest"`
}

func (a *API) projectRoutes(r *Router) {
	Get(r, "/project", func(ctx context.Context, _ Nothing) (Project, error) { return a.House.Project(ctx) })
	Get(r, "/project/file", func(ctx context.Context, _ Nothing) (SourceFile, error) { return a.House.File(ctx) })
	Put(r, "/project/file", func(ctx context.Context, in FileChange) (SourceFile, error) { return a.House.SaveFile(ctx, in) })
	Get(r, "/trust", func(ctx context.Context, _ Nothing) (project.Question, error) { return a.House.Trust(ctx) })
	Post(r, "/trust", func(ctx context.Context, in grant) (project.Question, error) {
		return a.House.GrantTrust(ctx, in.Digest)
	})
	Get(r, "/loop", func(ctx context.Context, _ Nothing) (Loop, error) { return a.House.Loop(ctx) })
	Get(r, "/settings", func(ctx context.Context, _ Nothing) (Settings, error) { return a.House.Settings(ctx) })
	Patch(r, "/settings", a.patchSettings)
	Post(r, "/fsck", func(ctx context.Context, _ Nothing) (fsck.Report, error) { return a.House.Fsck(ctx) })
	Post(r, "/launch", func(ctx context.Context, _ Nothing) (Launch, error) { return a.House.Launch(ctx) })
	Post(r, "/stop", func(ctx context.Context, _ Nothing) (Nothing, error) { return Nothing{}, a.House.Stop(ctx) })
	Raw(r, http.MethodGet, "/dump", a.dump, "the whole state as JSON lines, for comparing; with ?cursors also how far into the journals it comes from")
}

// settingsPatch holds the settings that change; what is left out stays.
type settingsPatch struct {
	Theme        *string `json:"theme,omitempty"`
	Language     *string `json:"language,omitempty"`
	Actor        *string `json:"actor,omitempty"`
	Sidebar      *bool   `json:"sidebar,omitempty"`
	KeepCaptures *int    `json:"keep_captures_days,omitempty"`
}

func (a *API) patchSettings(ctx context.Context, in settingsPatch) (Settings, error) {
	b, err := json.Marshal(in)
	if err != nil {
		return Settings{}, err
	}
	return a.House.SaveSettings(ctx, func(s *Settings) error {
		if err := json.Unmarshal(b, s); err != nil {
			return err
		}
		return s.check()
	})
}

func (s *Settings) check() error {
	switch {
	case s.Theme != "system" && s.Theme != "light" && s.Theme != "dark":
		return errs.New(errs.Invalid, "theme %.40q: want system, light or dark", s.Theme)
	case s.Language != "" && s.Language != "en" && s.Language != "ko":
		return errs.New(errs.Invalid, "language %.40q: want en, ko or nothing", s.Language)
	case len(s.Actor) > 80:
		return errs.New(errs.Invalid, "the name has %d bytes, more than 80", len(s.Actor))
	case s.KeepCaptures < 0:
		return errs.New(errs.Invalid, "keep_captures_days=%d: want 0 (for ever) or more", s.KeepCaptures)
	}
	return nil
}

func (a *API) dump(w http.ResponseWriter, req *http.Request) error {
	w.Header().Set("Content-Type", "application/jsonl")
	write := a.Ledger.Dump
	if req.URL.Query().Has("cursors") {
		write = a.Ledger.DumpCursors
	}
	if err := write(req.Context(), w); err != nil {
		panic(http.ErrAbortHandler) // a cut answer must not look like a whole one
	}
	return nil
}
