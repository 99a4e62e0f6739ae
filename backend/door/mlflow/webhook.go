package mlflow

import (
	"context"

	"rondo/backend/webhook"
)

var (
	hookEntities = []string{
		"ENTITY_UNSPECIFIED", "REGISTERED_MODEL", "MODEL_VERSION", "MODEL_VERSION_TAG", "MODEL_VERSION_ALIAS",
		"PROMPT", "PROMPT_VERSION", "PROMPT_TAG", "PROMPT_VERSION_TAG", "PROMPT_ALIAS", "BUDGET_POLICY",
	}
	hookActions = []string{"ACTION_UNSPECIFIED", "CREATED", "UPDATED", "DELETED", "SET", "EXCEEDED"}
)

func (d *Door) webhookRoutes() []route {
	id, one := need(text("webhook_id")), "/mlflow/webhooks/{webhook_id}"
	event := []field{need(choice("entity", hookEntities...)), need(choice("action", hookActions...))}
	status := choice("status", "", webhook.Active, webhook.Disabled)
	return []route{
		post("/mlflow/webhooks", d.createWebhook, need(text("name")), text("description"), need(text("url")), need(list("events", event...)), text("secret"), status),
		get("/mlflow/webhooks", d.listWebhooks, whole("max_results"), text("page_token")),
		get(one, d.getWebhook, id),
		patch(one, d.updateWebhook, id, text("name"), text("description"), text("url"), list("events", event...), text("secret"), status),
		remove(one, d.deleteWebhook, id),
		post(one+"/test", d.testWebhook, id, object("event", event...)),
	}
}

type wireWebhook struct {
	ID          string          `json:"webhook_id"`
	Name        string          `json:"name"`
	Description string          `json:"description,omitempty"`
	URL         string          `json:"url"`
	Events      []webhook.Event `json:"events"`
	Status      string          `json:"status"`
	Created     int64           `json:"creation_timestamp"`
	Updated     int64           `json:"last_updated_timestamp"`
}

type webhookAnswer struct {
	Webhook wireWebhook `json:"webhook"`
}

func fromWebhook(w webhook.Webhook) wireWebhook {
	return wireWebhook{w.ID, w.Name, w.Description, w.URL, w.Events, w.Status, w.Created, w.Updated}
}

func hookEvents(list []message) (out []webhook.Event) {
	for _, e := range list {
		out = append(out, webhook.Event{Entity: e.text("entity"), Action: e.text("action")})
	}
	return out
}

func (d *Door) createWebhook(ctx context.Context, in message) (any, error) {
	w, err := d.opts.Webhooks.Create(ctx, webhook.Webhook{
		Name: in.text("name"), Description: in.text("description"), URL: in.text("url"), Events: hookEvents(in.list("events")), Status: in.text("status"),
	}, in.text("secret"))
	return webhookAnswer{fromWebhook(w)}, err
}

func (d *Door) listWebhooks(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(100, 1000)
	if err != nil {
		return nil, err
	}
	all, err := d.opts.Webhooks.List(ctx)
	if err != nil {
		return nil, err
	}
	list, next, err := page(all, in.text("page_token"), limit)
	var out struct {
		Webhooks []wireWebhook `json:"webhooks,omitempty"`
		Next     string        `json:"next_page_token,omitempty"`
	}
	for _, w := range list {
		out.Webhooks = append(out.Webhooks, fromWebhook(w))
	}
	out.Next = next
	return out, err
}

func (d *Door) getWebhook(ctx context.Context, in message) (any, error) {
	w, err := d.opts.Webhooks.Get(ctx, in.text("webhook_id"))
	return webhookAnswer{fromWebhook(w)}, err
}

func (d *Door) updateWebhook(ctx context.Context, in message) (any, error) {
	c := webhook.Change{Description: in.optional("description"), Secret: in.optional("secret"), Events: hookEvents(in.list("events"))}
	for name, to := range map[string]**string{"name": &c.Name, "url": &c.URL, "status": &c.Status} {
		if in.text(name) != "" {
			*to = in.optional(name)
		}
	}
	w, err := d.opts.Webhooks.Update(ctx, in.text("webhook_id"), c)
	return webhookAnswer{fromWebhook(w)}, err
}

func (d *Door) deleteWebhook(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Webhooks.Delete(ctx, in.text("webhook_id"))
}

func (d *Door) testWebhook(ctx context.Context, in message) (any, error) {
	var what webhook.Event
	if e := in.object("event"); e != nil {
		what = webhook.Event{Entity: e.text("entity"), Action: e.text("action")}
	}
	r, err := d.opts.Webhooks.Test(ctx, in.text("webhook_id"), what)
	if err != nil {
		return nil, err
	}
	type result struct {
		Success bool   `json:"success"`
		Status  int    `json:"response_status,omitempty"`
		Body    string `json:"response_body,omitempty"`
		Error   string `json:"error_message,omitempty"`
	}
	return map[string]result{"result": {r.Success, r.Status, r.Body, r.Error}}, nil
}
