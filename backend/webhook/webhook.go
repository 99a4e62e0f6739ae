// Package webhook tells other programs of changes in the registry: it sends signed
// requests to addresses that a person of this device has given. A webhook that came
// from another device is kept and never sent: what a shared folder brings must not
// make this machine call somebody. Addresses inside the machine or its network are
// refused, at the moment of connecting.
package webhook

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
	"rondo/backend/ledger"
	"rondo/backend/ref"
)

// Statuses of a webhook.
const (
	Active   = "ACTIVE"
	Disabled = "DISABLED"
)

// Webhook says who is told of what.
type Webhook struct {
	ID          string  `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description,omitempty"`
	URL         string  `json:"url"`
	Events      []Event `json:"events"`
	Status      string  `json:"status"`
	Created     int64   `json:"created"` // ms since 1970
	Updated     int64   `json:"updated"`
	Device      string  `json:"device,omitempty"` // the only installation that sends it
}

// Event is something that happened to a kind of thing, as MLflow names them.
type Event struct {
	Entity string `json:"entity"`
	Action string `json:"action"`
}

// known are the events that there are.
var known = map[Event]bool{
	{"REGISTERED_MODEL", "CREATED"}: true, {"MODEL_VERSION", "CREATED"}: true,
	{"MODEL_VERSION_TAG", "SET"}: true, {"MODEL_VERSION_TAG", "DELETED"}: true,
	{"MODEL_VERSION_ALIAS", "CREATED"}: true, {"MODEL_VERSION_ALIAS", "DELETED"}: true,
	{"PROMPT", "CREATED"}: true, {"PROMPT_VERSION", "CREATED"}: true, {"PROMPT_TAG", "SET"}: true, {"PROMPT_TAG", "DELETED"}: true,
	{"PROMPT_VERSION_TAG", "SET"}: true, {"PROMPT_VERSION_TAG", "DELETED"}: true, {"PROMPT_ALIAS", "CREATED"}: true, {"PROMPT_ALIAS", "DELETED"}: true,
}

const schema = `CREATE TABLE webhook_hooks (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT;`

// Index returns the noun's part of the index.
func Index() index.Noun {
	return index.Noun{
		Name: "webhook", Schema: schema, Tables: []string{"webhook_hooks"},
		Apply: map[string]func(*index.Tx, journal.Record) error{"webhook.set": applySet, "webhook.delete": applyDelete},
	}
}

func applySet(tx *index.Tx, rec journal.Record) error {
	var w Webhook
	if err := json.Unmarshal(rec.Data, &w); err != nil {
		return err
	}
	w.Device = rec.Device
	b, err := json.Marshal(w)
	if err == nil {
		_, err = tx.Exec("INSERT INTO webhook_hooks VALUES (?,?) ON CONFLICT DO UPDATE SET data=excluded.data", rec.ID, string(b))
	}
	return err
}

func applyDelete(tx *index.Tx, rec journal.Record) error {
	_, err := tx.Exec("DELETE FROM webhook_hooks WHERE id=?", rec.ID)
	return err
}

// Create makes a webhook. Its secret stays on this device.
func (s *Service) Create(ctx context.Context, w Webhook, secret string) (Webhook, error) {
	now := s.opts.Now().UnixMilli()
	w.ID, w.Created, w.Updated, w.Device = ref.NewID(), now, now, s.opts.Ledger.Device()
	if w.Status == "" {
		w.Status = Active
	}
	if err := s.check(w); err != nil {
		return w, err
	}
	if err := s.secrets.set(w.ID, secret); err != nil {
		return w, err
	}
	_, err := s.opts.Ledger.Do(ctx, "webhook.set", w.ID, func(*index.Tx) (any, error) { return w, nil })
	return w, err
}

// Change updates a webhook; what is nil stays.
type Change struct {
	Name, Description, URL, Status, Secret *string
	Events                                 []Event
}

func (c Change) of(w Webhook) Webhook {
	for _, f := range []struct {
		to   *string
		from *string
	}{{&w.Name, c.Name}, {&w.Description, c.Description}, {&w.URL, c.URL}, {&w.Status, c.Status}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if len(c.Events) > 0 {
		w.Events = c.Events
	}
	return w
}

// Update changes a webhook. From then on this device is the one that sends it.
func (s *Service) Update(ctx context.Context, id string, c Change) (w Webhook, err error) {
	if w, err = s.Get(ctx, id); err == nil {
		err = s.check(c.of(w))
	}
	if err == nil && c.Secret != nil {
		err = s.secrets.set(id, *c.Secret)
	}
	if err != nil {
		return w, err
	}
	_, err = s.opts.Ledger.Do(ctx, "webhook.set", id, func(tx *index.Tx) (any, error) {
		if w, err = row(tx, id); err != nil { // as it is now: somebody may have changed or deleted it
			return nil, err
		}
		w = c.of(w)
		w.Updated, w.Device = s.opts.Now().UnixMilli(), s.opts.Ledger.Device()
		return w, s.check(w)
	})
	return w, err
}

// Delete removes a webhook and forgets its secret.
func (s *Service) Delete(ctx context.Context, id string) error {
	if _, err := s.Get(ctx, id); err != nil {
		return err
	}
	if _, err := s.opts.Ledger.Do(ctx, "webhook.delete", id, func(*index.Tx) (any, error) { return struct{}{}, nil }); err != nil {
		return err
	}
	return s.secrets.set(id, "")
}

// Get returns one.
func (s *Service) Get(ctx context.Context, id string) (w Webhook, err error) {
	err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		w, err = row(tx, id)
		return err
	})
	return w, err
}

func row(tx *index.Tx, id string) (w Webhook, err error) {
	var data string
	err = tx.QueryRow("SELECT data FROM webhook_hooks WHERE id=?", id).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return w, errs.New(errs.NotFound, "Webhook with ID %.80s not found.", id)
	}
	if err == nil {
		err = json.Unmarshal([]byte(data), &w)
	}
	return w, err
}

// List returns all, the newest first.
func (s *Service) List(ctx context.Context) ([]Webhook, error) {
	return ledger.List[Webhook](ctx, s.opts.Ledger, "SELECT data FROM webhook_hooks ORDER BY data->>'$.created' DESC, id DESC")
}

var nameShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$`) })

func (s *Service) check(w Webhook) error {
	if !nameShape().MatchString(w.Name) {
		return errs.New(errs.Invalid, "Webhook name %.80q is invalid. It must start and end with a letter or digit, be at most 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).", w.Name)
	}
	if w.Status != Active && w.Status != Disabled {
		return errs.New(errs.Invalid, "Webhook status %.80q is invalid: want ACTIVE or DISABLED", w.Status)
	}
	if len(w.Events) == 0 || len(w.Events) > 100 {
		return errs.New(errs.Invalid, "Webhook events must be a non-empty list.")
	}
	for _, e := range w.Events {
		if !known[e] {
			return errs.New(errs.Invalid, "Invalid action '%.40s' for entity '%.40s'.", e.Action, e.Entity)
		}
	}
	return s.checkURL(w.URL)
}

func (s *Service) checkURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || len(address) > 2000 {
		return errs.New(errs.Invalid, "Invalid webhook URL %.200q", address)
	}
	if u.Scheme != "https" && !(s.opts.Inside && u.Scheme == "http") {
		return errs.New(errs.Invalid, "Invalid webhook URL scheme: %.40q. Allowed schemes are: https.", u.Scheme)
	}
	if u.Hostname() == "" || u.User != nil {
		return errs.New(errs.Invalid, "Webhook URL must include a hostname, and no password: %.200q", address)
	}
	return s.checkHost(u.Hostname())
}

// Options say what a Service works with.
type Options struct {
	Ledger  *ledger.Ledger
	Secrets string                                       // file of this device that holds the secrets
	Prompt  func(ctx context.Context, model string) bool // whether a registered model is a prompt
	Inside  bool                                         // also plain HTTP and addresses inside, for tests
	Backoff time.Duration                                // before the second try, doubled for each later one; 0: a second
	Now     func() time.Time
}
