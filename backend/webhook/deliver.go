package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/event"
	"rondo/backend/ref"
)

const (
	tries    = 4
	maxReply = 64 << 10 // bytes of an answer that are looked at
	waiting  = 256      // deliveries that wait at most
)

// Service keeps the webhooks of one project and sends them.
type Service struct {
	opts    Options
	secrets secrets
	http    *http.Client
}

// New returns the service. It sends while Serve runs.
func New(opts Options) *Service {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Backoff == 0 {
		opts.Backoff = time.Second
	}
	s := &Service{opts: opts, secrets: secrets{path: opts.Secrets}}
	s.http = s.client()
	return s
}

// Serve sends what events of the registry call for, until ctx ends.
func (s *Service) Serve(ctx context.Context, events *event.Bus) error {
	sub := events.Subscribe(events.Last(), 1024)
	defer sub.Close()
	queue := make(chan delivery, waiting)
	var all sync.WaitGroup
	defer all.Wait()
	defer close(queue)
	for range 2 {
		all.Go(func() {
			for d := range queue {
				s.send(ctx, d)
			}
		})
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-sub.C:
			if !ok {
				return nil
			}
			if err := s.hear(ctx, e, queue); err != nil {
				return err
			}
		}
	}
}

// delivery is one message to one address.
type delivery struct {
	hook Webhook
	id   string
	body []byte
}

// hear puts what an event calls for into the queue; when that is full, the newest are left out.
func (s *Service) hear(ctx context.Context, e event.Event, queue chan<- delivery) error {
	what, data := s.translate(ctx, e)
	if what.Entity == "" {
		return nil
	}
	hooks, err := s.List(ctx)
	if err != nil || ctx.Err() != nil {
		return ctx.Err()
	}
	for _, w := range hooks {
		if w.Status != Active || w.Device != s.opts.Ledger.Device() || !slices.Contains(w.Events, what) {
			continue
		}
		d, err := s.message(w, what, data)
		if err != nil {
			continue
		}
		select {
		case queue <- d:
		default:
		}
	}
	return nil
}

func (s *Service) message(w Webhook, what Event, data any) (delivery, error) {
	body, err := json.Marshal(map[string]any{
		"entity": lower(what.Entity), "action": lower(what.Action), "timestamp": s.opts.Now().UTC().Format(time.RFC3339Nano), "data": data,
	})
	return delivery{w, ref.NewID(), body}, err
}

// send tries until the other side has taken the message, or has said that it never will.
func (s *Service) send(ctx context.Context, d delivery) {
	for n := range tries {
		status, _, err := s.post(ctx, d)
		if err == nil && status != http.StatusTooManyRequests && status < 500 || errors.Is(err, errInside) {
			return
		}
		timer := time.NewTimer(s.opts.Backoff << n)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// post sends once and returns what came back.
func (s *Service) post(ctx context.Context, d delivery) (status int, reply string, err error) {
	if err := s.checkURL(d.hook.URL); err != nil {
		return 0, "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.hook.URL, bytes.NewReader(d.body))
	if err != nil {
		return 0, "", err
	}
	stamp := strconv.FormatInt(s.opts.Now().Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Mlflow-Delivery-Id", d.id)
	req.Header.Set("X-Mlflow-Timestamp", stamp)
	secret, err := s.secrets.get(d.hook.ID)
	if err != nil {
		return 0, "", err
	}
	if secret != "" {
		req.Header.Set("X-Mlflow-Signature", sign(secret, d.id, stamp, d.body))
	}
	res, err := s.http.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(io.LimitReader(res.Body, maxReply))
	return res.StatusCode, string(b), err
}

// sign is what lets the other side know that a message is ours, and when it was sent.
func sign(secret, id, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(id + "." + stamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// Result is what a test message brought.
type Result struct {
	Success bool
	Status  int
	Body    string
	Error   string
}

// Test sends an example of an event, or of the webhook's first, once.
func (s *Service) Test(ctx context.Context, id string, what Event) (Result, error) {
	w, err := s.Get(ctx, id)
	if err != nil {
		return Result{}, err
	}
	if w.Device != s.opts.Ledger.Device() {
		return Result{}, errs.New(errs.Precondition, "webhook %s was made on another device, which alone sends it", w.Name).WithHint("save it here to send it from here")
	}
	if what.Entity == "" {
		what = w.Events[0]
	}
	d, err := s.message(w, what, example(what))
	if err != nil {
		return Result{}, err
	}
	status, body, err := s.post(ctx, d)
	if err != nil {
		return Result{Error: "Failed to test webhook: " + err.Error()}, nil
	}
	return Result{Success: status < 400, Status: status, Body: body}, nil
}
