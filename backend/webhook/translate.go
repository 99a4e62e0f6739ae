package webhook

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"

	"rondo/backend/event"
)

func lower(s string) string { return strings.ToLower(s) }

// change is what the registry's records may say.
type change struct {
	Name        string            `json:"name"`
	Model       string            `json:"model"`
	Description string            `json:"description"`
	Source      string            `json:"source"`
	RunID       string            `json:"run_id"`
	Tags        map[string]string `json:"tags"`
	Number      int               `json:"number"`
	Version     int               `json:"version"`
	Key         string            `json:"key"`
	Value       string            `json:"value"`
	Remove      bool              `json:"remove"`
	Alias       string            `json:"alias"`
	To          int               `json:"to"`
}

// translate says what an event of the registry is called outside, and what is told of it.
func (s *Service) translate(ctx context.Context, e event.Event) (what Event, data any) {
	raw, ok := e.Data.(json.RawMessage)
	var c change
	if !ok || !strings.HasPrefix(e.Kind, "model.") && e.Kind != "version.create" || json.Unmarshal(raw, &c) != nil {
		return Event{}, nil
	}
	prompt := s.opts.Prompt(ctx, e.ID)
	name := func(model, asPrompt, action string) Event {
		if prompt {
			return Event{asPrompt, action}
		}
		return Event{model, action}
	}
	if c.Tags == nil {
		c.Tags = map[string]string{}
	}
	version := strconv.Itoa(c.Version)
	switch {
	case e.Kind == "model.create":
		return name("REGISTERED_MODEL", "PROMPT", "CREATED"), map[string]any{"name": e.ID, "tags": c.Tags, "description": orNull(c.Description)}
	case e.Kind == "version.create" && prompt:
		return Event{"PROMPT_VERSION", "CREATED"}, map[string]any{
			"name": e.ID, "version": strconv.Itoa(c.Number), "template": c.Tags["mlflow.prompt.text"], "tags": c.Tags, "description": orNull(c.Description),
		}
	case e.Kind == "version.create":
		return Event{"MODEL_VERSION", "CREATED"}, map[string]any{
			"name": e.ID, "version": strconv.Itoa(c.Number), "source": c.Source, "run_id": orNull(c.RunID), "tags": c.Tags, "description": orNull(c.Description),
		}
	case e.Kind == "model.alias" && c.To == 0:
		return name("MODEL_VERSION_ALIAS", "PROMPT_ALIAS", "DELETED"), map[string]any{"name": e.ID, "alias": c.Alias}
	case e.Kind == "model.alias":
		return name("MODEL_VERSION_ALIAS", "PROMPT_ALIAS", "CREATED"), map[string]any{"name": e.ID, "alias": c.Alias, "version": strconv.Itoa(c.To)}
	case e.Kind == "model.tag" && c.Version == 0 && !prompt:
		return Event{}, nil // tags of models are told nobody, as in MLflow
	case e.Kind == "model.tag" && c.Version == 0 && c.Remove:
		return Event{"PROMPT_TAG", "DELETED"}, map[string]any{"name": e.ID, "key": c.Key}
	case e.Kind == "model.tag" && c.Version == 0:
		return Event{"PROMPT_TAG", "SET"}, map[string]any{"name": e.ID, "key": c.Key, "value": c.Value}
	case e.Kind == "model.tag" && c.Remove:
		return name("MODEL_VERSION_TAG", "PROMPT_VERSION_TAG", "DELETED"), map[string]any{"name": e.ID, "version": version, "key": c.Key}
	case e.Kind == "model.tag":
		return name("MODEL_VERSION_TAG", "PROMPT_VERSION_TAG", "SET"), map[string]any{"name": e.ID, "version": version, "key": c.Key, "value": c.Value}
	}
	return Event{}, nil
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// example is a message that shows the form of an event.
func example(what Event) map[string]any {
	kind := "model"
	if strings.HasPrefix(what.Entity, "PROMPT") {
		kind = "prompt"
	}
	out := map[string]any{"name": "example_" + kind}
	if strings.Contains(what.Entity, "VERSION") && !strings.HasSuffix(what.Entity, "ALIAS") || what.Entity == "MODEL_VERSION_ALIAS" && what.Action == "CREATED" || what.Entity == "PROMPT_ALIAS" && what.Action == "CREATED" {
		out["version"] = "1"
	}
	switch {
	case strings.HasSuffix(what.Entity, "_TAG"):
		if out["key"] = "example_key"; what.Action == "SET" {
			out["value"] = "example_value"
		}
	case strings.HasSuffix(what.Entity, "_ALIAS"):
		out["alias"] = "example_alias"
	default:
		out["tags"], out["description"] = map[string]string{"example_key": "example_value"}, "An example "+kind
	}
	return out
}
