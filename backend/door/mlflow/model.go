package mlflow

import (
	"context"
	"slices"
	"strconv"

	"rondo/backend/errs"
	"rondo/backend/registry"
)

func (d *Door) modelRoutes() []route {
	name, key := need(text("name")), need(text("key"))
	latest := []field{name, texts("stages")}
	return []route{
		post("/mlflow/registered-models/create", d.createModel, name, pairs("tags"), text("description")),
		get("/mlflow/registered-models/get", d.getModel, name),
		patch("/mlflow/registered-models/update", d.updateModel, name, text("description")),
		post("/mlflow/registered-models/rename", d.renameModel, name, need(text("new_name"))),
		remove("/mlflow/registered-models/delete", d.deleteModel, name),
		get("/mlflow/registered-models/search", d.searchModels, text("filter"), whole("max_results"), texts("order_by"), text("page_token")),
		get("/mlflow/registered-models/get-latest-versions", d.latestVersions, latest...),
		post("/mlflow/registered-models/get-latest-versions", d.latestVersions, latest...),
		post("/mlflow/registered-models/set-tag", d.setModelTag, name, key, text("value")),
		remove("/mlflow/registered-models/delete-tag", d.deleteModelTag, name, key),
	}
}

type registeredModel struct {
	Name        string         `json:"name"`
	Created     int64          `json:"creation_timestamp"`
	Updated     int64          `json:"last_updated_timestamp"`
	Description string         `json:"description,omitempty"`
	Latest      []modelVersion `json:"latest_versions,omitempty"`
	Tags        []pair         `json:"tags,omitempty"`
	Aliases     []aliasOf      `json:"aliases,omitempty"`
}

type aliasOf struct {
	Alias   string `json:"alias"`
	Version string `json:"version"`
}

type modelAnswer struct {
	Model registeredModel `json:"registered_model"`
}

// shownModel is a model with the newest version of each stage.
func (d *Door) shownModel(ctx context.Context, m registry.Model) (out registeredModel, err error) {
	out = registeredModel{Name: m.Name, Created: millis(m.CreatedAt), Updated: millis(m.UpdatedAt), Description: m.Description, Tags: listed(m.Tags)}
	aliases := map[string]string{}
	for a, n := range m.Aliases {
		aliases[a] = strconv.Itoa(n)
	}
	for _, p := range listed(aliases) {
		out.Aliases = append(out.Aliases, aliasOf{p.Key, p.Value})
	}
	if m.Versions > 0 {
		out.Latest, err = d.latest(ctx, m.Name, nil)
	}
	return out, err
}

func (d *Door) answerModel(ctx context.Context, name string) (any, error) {
	m, err := d.opts.Registry.Model(ctx, name)
	if err != nil {
		return nil, err
	}
	out, err := d.shownModel(ctx, m)
	return modelAnswer{out}, err
}

func (d *Door) createModel(ctx context.Context, in message) (any, error) {
	_, err := d.opts.Registry.Create(ctx, registry.CreateModel{Name: in.text("name"), Description: in.text("description"), Tags: in.pairs("tags")})
	if err != nil {
		return nil, err
	}
	return d.answerModel(ctx, in.text("name"))
}

func (d *Door) getModel(ctx context.Context, in message) (any, error) {
	return d.answerModel(ctx, in.text("name"))
}

func (d *Door) updateModel(ctx context.Context, in message) (any, error) {
	if err := d.opts.Registry.Update(ctx, in.text("name"), in.text("description")); err != nil {
		return nil, err
	}
	return d.answerModel(ctx, in.text("name"))
}

func (d *Door) renameModel(ctx context.Context, in message) (any, error) {
	if err := d.opts.Registry.Rename(ctx, in.text("name"), in.text("new_name")); err != nil {
		return nil, err
	}
	return d.answerModel(ctx, in.text("new_name"))
}

func (d *Door) deleteModel(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Registry.Delete(ctx, in.text("name"))
}

func (d *Door) setModelTag(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Registry.SetTag(ctx, in.text("name"), 0, in.text("key"), in.text("value"), false)
}

func (d *Door) deleteModelTag(ctx context.Context, in message) (any, error) {
	return nothing{}, d.opts.Registry.SetTag(ctx, in.text("name"), 0, in.text("key"), "", true)
}

var modelSearch = grammar{
	what:    "registered model",
	text:    map[string]bool{"name": true},
	order:   map[string]bool{"name": true, "creation_timestamp": true, "last_updated_timestamp": true, "timestamp": true},
	usually: []string{"name ASC"},
}

func (d *Door) searchModels(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(100, 1000)
	if err != nil {
		return nil, err
	}
	all, err := d.opts.Registry.Models(ctx)
	if err != nil {
		return nil, err
	}
	if !asksForPrompts(in.text("filter")) {
		all = slices.DeleteFunc(all, func(m registry.Model) bool { return isPrompt(m.Tags) })
	}
	list, err := search(modelSearch, all, modelFacts, in.text("filter"), in.texts("order_by"))
	if err != nil {
		return nil, err
	}
	list, next, err := page(list, in.text("page_token"), limit)
	if err != nil {
		return nil, err
	}
	var out struct {
		Models []registeredModel `json:"registered_models,omitempty"`
		Next   string            `json:"next_page_token,omitempty"`
	}
	for _, m := range list {
		shown, err := d.shownModel(ctx, m)
		if errs.Is(err, errs.NotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		out.Models = append(out.Models, shown)
	}
	out.Next = next
	return out, nil
}

func modelFacts(m registry.Model) facts {
	return facts{
		text:   map[string]string{"name": m.Name},
		number: map[string]int64{"creation_timestamp": millis(m.CreatedAt), "last_updated_timestamp": millis(m.UpdatedAt), "timestamp": millis(m.UpdatedAt)},
		tags:   m.Tags,
	}
}
