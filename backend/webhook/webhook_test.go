package webhook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/index"
	"rondo/backend/ledger"
	"rondo/backend/webhook"
)

type house struct {
	*webhook.Service
	events  *event.Bus
	secrets string
}

func open(t *testing.T, dir, device string, inside bool) *house {
	t.Helper()
	h := &house{events: event.NewBus(), secrets: filepath.Join(t.TempDir(), "webhooks.json")}
	l, err := ledger.Open(t.Context(), ledger.Options{
		JournalDir: filepath.Join(dir, "journal"), Device: device, IndexPath: filepath.Join(t.TempDir(), "index.db"), Nouns: []index.Noun{webhook.Index()},
	})
	must(t, err)
	t.Cleanup(func() { l.Close() })
	h.Service = webhook.New(webhook.Options{
		Ledger: l, Secrets: h.secrets, Inside: inside, Backoff: time.Millisecond, Prompt: func(_ context.Context, m string) bool { return m == "greet" },
	})
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var created = []webhook.Event{{Entity: "MODEL_VERSION", Action: "CREATED"}, {Entity: "PROMPT_ALIAS", Action: "CREATED"}}

// serve sends what is heard until the test ends.
func (h *house) serve(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Serve(ctx, h.events) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-done)
	})
}

type heard struct {
	header http.Header
	body   []byte
}

// receiver answers with statuses in turn, the last for ever, and tells what it heard.
func receiver(t *testing.T, statuses ...int) (string, chan heard) {
	t.Helper()
	n, c := atomic.Int64{}, make(chan heard, 16)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		b, _ := io.ReadAll(req.Body)
		i := min(int(n.Add(1)), len(statuses)) - 1
		w.WriteHeader(statuses[i])
		c <- heard{req.Header, b}
	}))
	t.Cleanup(s.Close)
	return s.URL, c
}

// until publishes an event until the receiver has heard of it: Serve may not be listening yet.
func (h *house) until(t *testing.T, c chan heard, kind, id, data string) heard {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		h.events.Publish(kind, id, json.RawMessage(data))
		select {
		case got := <-c:
			return got
		case <-tick.C:
		}
	}
	t.Fatal("nothing was sent")
	return heard{}
}

func TestAChangeIsToldSigned(t *testing.T) {
	h := open(t, t.TempDir(), "laptop", true)
	url, c := receiver(t, 200)
	_, err := h.Create(t.Context(), webhook.Webhook{Name: "tell", URL: url, Events: created}, "s3cret")
	must(t, err)
	h.serve(t)
	got := h.until(t, c, "version.create", "net", `{"number":3,"source":"runs:/r/m","run_id":"r","tags":{"k":"v"}}`)
	var body struct {
		Entity, Action, Timestamp string
		Data                      map[string]any
	}
	must(t, json.Unmarshal(got.body, &body))
	if body.Entity != "model_version" || body.Action != "created" || body.Timestamp == "" || body.Data["version"] != "3" || body.Data["name"] != "net" {
		t.Errorf("told %s", got.body)
	}
	mac := hmac.New(sha256.New, []byte("s3cret"))
	io.WriteString(mac, got.header.Get("X-Mlflow-Delivery-Id")+"."+got.header.Get("X-Mlflow-Timestamp")+"."+string(got.body))
	if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); got.header.Get("X-Mlflow-Signature") != want {
		t.Errorf("signed %s, not %s", got.header.Get("X-Mlflow-Signature"), want)
	}
	if got = h.until(t, c, "model.alias", "greet", `{"alias":"live","to":2}`); !strings.Contains(string(got.body), `"entity":"prompt_alias"`) {
		t.Errorf("of a prompt: %s", got.body)
	}
}

func TestATroubledReceiverIsAskedAgain(t *testing.T) {
	h := open(t, t.TempDir(), "laptop", true)
	url, c := receiver(t, 503, 429, 200)
	_, err := h.Create(t.Context(), webhook.Webhook{Name: "tell", URL: url, Events: created}, "")
	must(t, err)
	h.serve(t)
	first := h.until(t, c, "version.create", "net", `{"number":1}`)
	id := first.header.Get("X-Mlflow-Delivery-Id")
	same := 0
	for range 2 {
		for got := range c {
			if got.header.Get("X-Mlflow-Delivery-Id") == id {
				same++
				break
			}
		}
	}
	if same != 2 {
		t.Errorf("the message came again %d times, not 2", same)
	}
}

// Every address inside is refused, in each of its spellings, and where a name leads to one.
func TestNoAddressInside(t *testing.T) {
	h := open(t, t.TempDir(), "laptop", false)
	for _, url := range []string{
		"https://127.0.0.1/", "https://localhost/", "https://LOCALHOST./", "https://[::1]/", "https://169.254.169.254/latest/meta-data/", "https://10.1.2.3/", "https://192.168.0.1:8080/",
		"https://172.16.0.1/", "https://100.64.0.1/", "https://0.0.0.0/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/", "https://[2002:7f00:1::]/", "https://[fe80::1%25eth0]/",
		"https://2130706433/", "https://0x7f.1/", "https://0177.0.0.1/", "https://127.1/", "https://printer.local/", "https://metadata.google.internal/", "https://intranet/",
		"http://example.com/", "file:///etc/passwd", "gopher://example.com/", "https://user:pw@example.com/", "https:///x", "", "https://",
	} {
		if _, err := h.Create(t.Context(), webhook.Webhook{Name: "w", URL: url, Events: created}, ""); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", url, err)
		}
	}
	if _, err := h.Create(t.Context(), webhook.Webhook{Name: "w", URL: "https://example.com/hook", Events: created}, ""); err != nil {
		t.Errorf("an address outside: %v", err)
	}
}

// What a name leads to is looked at when the connection is made: a journal may bring
// an address that nobody checked, and a name may lead elsewhere later.
func TestTheConnectionItselfIsGuarded(t *testing.T) {
	dir := t.TempDir()
	url, c := receiver(t, 200)
	free := open(t, dir, "laptop", true)
	w, err := free.Create(t.Context(), webhook.Webhook{Name: "tell", URL: url, Events: created}, "")
	must(t, err)
	if r, err := free.Test(t.Context(), w.ID, webhook.Event{}); err != nil || !r.Success || r.Status != 200 {
		t.Fatalf("without the guard it is reached: %+v %v", r, err)
	}
	<-c
	guarded := open(t, dir, "laptop", false)
	r, err := guarded.Test(t.Context(), w.ID, webhook.Event{})
	if err != nil || r.Success || r.Error == "" {
		t.Errorf("an inside address was reached: %+v %v", r, err)
	}
	if got := webhook.DialsInside(t.Context(), guarded.Service, url); got == nil || !strings.Contains(got.Error(), "non-public") {
		t.Errorf("the connection: %v", got)
	}
	if len(c) != 0 {
		t.Error("the receiver heard of it")
	}
}

func TestARedirectIsNotFollowed(t *testing.T) {
	inner, c := receiver(t, 200)
	outer := httptest.NewServer(http.RedirectHandler(inner, http.StatusTemporaryRedirect))
	defer outer.Close()
	h := open(t, t.TempDir(), "laptop", true)
	w, err := h.Create(t.Context(), webhook.Webhook{Name: "tell", URL: outer.URL, Events: created}, "")
	must(t, err)
	if r, err := h.Test(t.Context(), w.ID, webhook.Event{}); err != nil || r.Status != http.StatusTemporaryRedirect || len(c) > 0 {
		t.Errorf("%+v %v, and the other address heard %d", r, err, len(c))
	}
}

// A shared folder brings webhooks of other devices. They are shown and not sent.
func TestOnlyTheDeviceThatMadeItSends(t *testing.T) {
	dir := t.TempDir()
	url, c := receiver(t, 200)
	w, err := open(t, dir, "laptop", true).Create(t.Context(), webhook.Webhook{Name: "tell", URL: url, Events: created}, "s3cret")
	must(t, err)
	other := open(t, dir, "desktop", true)
	if _, err := other.Get(t.Context(), w.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Test(t.Context(), w.ID, webhook.Event{}); !errs.Is(err, errs.Precondition) {
		t.Errorf("another device sent it: %v", err)
	}
	name := "mine"
	if _, err = other.Update(t.Context(), w.ID, webhook.Change{Name: &name}); err != nil {
		t.Fatal(err)
	}
	if r, err := other.Test(t.Context(), w.ID, webhook.Event{}); err != nil || !r.Success {
		t.Errorf("saved here it is sent from here: %+v %v", r, err)
	}
	if got := <-c; got.header.Get("X-Mlflow-Signature") != "" {
		t.Error("the secret of the other device is known here")
	}
}

func TestTheSecretStaysOnTheDevice(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir, "laptop", true)
	w, err := h.Create(t.Context(), webhook.Webhook{Name: "tell", URL: "https://example.com", Events: created}, "s3cret-word")
	must(t, err)
	must(t, filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if strings.Contains(string(b), "s3cret-word") {
			t.Errorf("%s holds the secret", path)
		}
		return err
	}))
	info, err := os.Stat(h.secrets)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the secrets may be read by others: %v", info.Mode())
	}
	must(t, h.Delete(t.Context(), w.ID))
	if b, _ := os.ReadFile(h.secrets); strings.Contains(string(b), "s3cret-word") {
		t.Error("a deleted webhook leaves its secret behind")
	}
}

// TestChangesOfOneWebhookAllCount: several people change each another part of it at once, and
// who deletes it meanwhile has the last word.
func TestChangesOfOneWebhookAllCount(t *testing.T) {
	h := open(t, t.TempDir(), "laptop", true)
	for round := range 20 {
		w, err := h.Create(t.Context(), webhook.Webhook{Name: "tell", URL: "https://example.com", Events: created}, "")
		must(t, err)
		name, text, url, status := "renamed", "said", "https://example.org", webhook.Disabled
		together(t, func() error { _, err := h.Update(t.Context(), w.ID, webhook.Change{Name: &name}); return err },
			func() error { _, err := h.Update(t.Context(), w.ID, webhook.Change{Description: &text}); return err },
			func() error { _, err := h.Update(t.Context(), w.ID, webhook.Change{URL: &url}); return err },
			func() error { _, err := h.Update(t.Context(), w.ID, webhook.Change{Status: &status}); return err })
		if w, err = h.Get(t.Context(), w.ID); err != nil || w.Name != name || w.Description != text || w.URL != url || w.Status != status {
			t.Fatalf("round %d: an answered change is gone: %+v, %v", round, w, err)
		}
		together(t, func() error { return h.Delete(t.Context(), w.ID) }, func() error {
			if _, err := h.Update(t.Context(), w.ID, webhook.Change{Name: &name}); !errs.Is(err, errs.NotFound) {
				return err
			}
			return nil
		})
		if _, err := h.Get(t.Context(), w.ID); !errs.Is(err, errs.NotFound) {
			t.Fatalf("round %d: a deleted webhook is there: %v", round, err)
		}
	}
}

func together(t *testing.T, all ...func() error) {
	t.Helper()
	var wg sync.WaitGroup
	for _, do := range all {
		wg.Go(func() {
			if err := do(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
