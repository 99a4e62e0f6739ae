package mlflow

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/registry"
)

// Prompts have no requests of their own: they are registered models with a tag, and
// their text is a tag of the version.
const (
	promptTag  = "mlflow.prompt.is_prompt"
	promptText = "mlflow.prompt.text"
	promptFile = "prompt.txt"
)

func isPrompt(tags map[string]string) bool { return strings.EqualFold(tags[promptTag], "true") }

// asksForPrompts tells a filter that says something about prompts; without one they
// are no models.
func asksForPrompts(filter string) bool { return strings.Contains(filter, promptTag) }

// createPrompt makes a version of the text that came along. Nothing is read from where
// source points to, whatever it says.
func (d *Door) createPrompt(ctx context.Context, m registry.Model, in message) (any, error) {
	tags := in.pairs("tags")
	text := tags[promptText]
	switch {
	case !isPrompt(m.Tags):
		return nil, errs.New(errs.Invalid, "%s is a model and no prompt: a version of it needs files", m.Name)
	case text == "":
		return nil, errs.New(errs.Invalid, "a version of the prompt %s needs its text in the tag %s", m.Name, promptText)
	}
	dir, err := os.MkdirTemp("", "rondo-prompt-")
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "keep the text of a prompt")
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, promptFile), []byte(text), 0o600); err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "keep the text of a prompt")
	}
	source := in.text("source")
	if source != "dummy-source" { // the words that clients put there
		source = "prompt-template"
	}
	v, err := d.opts.Registry.CreateVersion(ctx, registry.CreateVersion{
		Model: m.Name, Dir: dir, Source: source, Description: in.text("description"), Tags: tags,
		Metrics: map[string]float64{}, Params: map[string]string{},
	})
	return versionAnswer{fromVersion(v)}, err
}

// withoutPrompts leaves out the versions of prompts.
func (d *Door) withoutPrompts(ctx context.Context, all []registry.Version) ([]registry.Version, error) {
	models, err := d.opts.Registry.Models(ctx)
	prompts := map[string]bool{}
	for _, m := range models {
		prompts[m.Name] = isPrompt(m.Tags)
	}
	return slices.DeleteFunc(all, func(v registry.Version) bool { return prompts[v.Model] }), err
}
