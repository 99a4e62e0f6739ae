package mlflow

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/registry"
)

func (d *Door) versionRoutes() []route {
	name, version, key := need(text("name")), need(text("version")), need(text("key"))
	return []route{
		post("/mlflow/model-versions/create", d.createVersion, name, need(text("source")), text("run_id"), pairs("tags"), text("run_link"), text("description"), text("model_id")),
		get("/mlflow/model-versions/get", d.getVersion, name, version),
		patch("/mlflow/model-versions/update", d.updateVersion, name, version, text("description")),
		post("/mlflow/model-versions/transition-stage", d.setStage, name, version, need(text("stage")), flag("archive_existing_versions")),
		remove("/mlflow/model-versions/delete", d.deleteVersion, name, version),
		get("/mlflow/model-versions/search", d.searchVersions, text("filter"), whole("max_results"), texts("order_by"), text("page_token")),
		get("/mlflow/model-versions/get-download-uri", d.downloadURI, name, version),
		post("/mlflow/model-versions/set-tag", d.setVersionTag, name, version, key, text("value")),
		remove("/mlflow/model-versions/delete-tag", d.deleteVersionTag, name, version, key),
	}
}

type modelVersion struct {
	Name        string   `json:"name"`
	Version     string   `json:"version"`
	Created     int64    `json:"creation_timestamp"`
	Updated     int64    `json:"last_updated_timestamp"`
	User        string   `json:"user_id,omitempty"`
	Stage       string   `json:"current_stage"`
	Description string   `json:"description"`
	Source      string   `json:"source"`
	RunID       string   `json:"run_id"`
	Status      string   `json:"status"`
	Message     string   `json:"status_message,omitempty"`
	Tags        []pair   `json:"tags,omitempty"`
	RunLink     string   `json:"run_link"`
	Aliases     []string `json:"aliases,omitempty"`
}

type versionAnswer struct {
	Version modelVersion `json:"model_version"`
}

type versionList struct {
	Versions []modelVersion `json:"model_versions,omitempty"`
	Next     string         `json:"next_page_token,omitempty"`
}

func fromVersion(v registry.Version) modelVersion {
	message := ""
	if err := v.Held(); err != nil {
		message = err.Error()
	}
	return modelVersion{
		Message: message,

		Name: v.Model, Version: strconv.Itoa(v.Version), Created: millis(v.CreatedAt), Updated: millis(v.UpdatedAt), Stage: v.Stage,
		Description: v.Description, Source: v.Source, RunID: v.RunID, Status: v.Status, Tags: listed(v.Tags), Aliases: v.Aliases,
	}
}

func (d *Door) answerVersion(ctx context.Context, name string, number int) (any, error) {
	v, err := d.opts.Registry.Version(ctx, name, number)
	return versionAnswer{fromVersion(v)}, err
}

// change makes a change of the version that a request names, and answers with the version.
func (d *Door) change(ctx context.Context, in message, change func(name string, number int) error) (any, error) {
	n, err := versionNumber(in.text("version"))
	if err != nil {
		return nil, err
	}
	if err := change(in.text("name"), n); err != nil {
		return nil, err
	}
	return d.answerVersion(ctx, in.text("name"), n)
}

// changed is change for requests that are answered with nothing.
func (d *Door) changed(in message, change func(name string, number int) error) (any, error) {
	n, err := versionNumber(in.text("version"))
	if err != nil {
		return nil, err
	}
	return nothing{}, change(in.text("name"), n)
}

func (d *Door) getVersion(ctx context.Context, in message) (any, error) {
	return d.change(ctx, in, func(string, int) error { return nil })
}

func (d *Door) updateVersion(ctx context.Context, in message) (any, error) {
	return d.change(ctx, in, func(name string, n int) error {
		return d.opts.Registry.UpdateVersion(ctx, name, n, in.text("description"))
	})
}

var stages = []string{"None", "Staging", "Production", "Archived"}

// stage finds the stage of a word in any case.
func stage(word string) (string, error) {
	for _, s := range stages {
		if strings.EqualFold(s, word) {
			return s, nil
		}
	}
	return "", errs.New(errs.Invalid, "Invalid Model Version stage: %s. Value must be one of %s.", short(word, 80), strings.Join(stages, ", "))
}

func (d *Door) setStage(ctx context.Context, in message) (any, error) {
	to, err := stage(in.text("stage"))
	if err != nil {
		return nil, err
	}
	archive := in.flag("archive_existing_versions")
	if archive && to != "Staging" && to != "Production" {
		return nil, errs.New(errs.Invalid, "Model version transition cannot archive existing model versions because '%s' is not an Active stage. Valid stages are Staging, Production", to)
	}
	return d.change(ctx, in, func(name string, n int) error {
		return d.opts.Registry.SetStage(ctx, name, n, to, archive)
	})
}

func (d *Door) deleteVersion(ctx context.Context, in message) (any, error) {
	return d.changed(in, func(name string, n int) error { return d.opts.Registry.DeleteVersion(ctx, name, n) })
}

func (d *Door) setVersionTag(ctx context.Context, in message) (any, error) {
	return d.changed(in, func(name string, n int) error {
		return d.opts.Registry.SetTag(ctx, name, n, in.text("key"), in.text("value"), false)
	})
}

func (d *Door) deleteVersionTag(ctx context.Context, in message) (any, error) {
	return d.changed(in, func(name string, n int) error {
		return d.opts.Registry.SetTag(ctx, name, n, in.text("key"), "", true)
	})
}

// downloadURI leads to the version's own content, which outlives the run it came from.
func (d *Door) downloadURI(ctx context.Context, in message) (any, error) {
	n, err := versionNumber(in.text("version"))
	if err != nil {
		return nil, err
	}
	v, err := d.opts.Registry.Version(ctx, in.text("name"), n)
	return map[string]string{"artifact_uri": versionURI(v.Model, v.Version)}, err
}

func (d *Door) latestVersions(ctx context.Context, in message) (any, error) {
	if _, err := d.opts.Registry.Model(ctx, in.text("name")); err != nil {
		return nil, err
	}
	var only []string
	for _, word := range in.texts("stages") {
		s, err := stage(word)
		if err != nil {
			return nil, err
		}
		only = append(only, s)
	}
	list, err := d.latest(ctx, in.text("name"), only)
	return versionList{Versions: list}, err
}

// latest returns the newest version of each stage.
func (d *Door) latest(ctx context.Context, name string, only []string) (list []modelVersion, err error) {
	all, err := d.opts.Registry.Versions(ctx, name)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for _, v := range all { // newest first
		if seen[v.Stage] || len(only) > 0 && !slices.Contains(only, v.Stage) {
			continue
		}
		seen[v.Stage] = true
		list = append(list, fromVersion(v))
	}
	return list, nil
}

var versionSearch = grammar{
	what:    "model version",
	text:    map[string]bool{"name": true, "run_id": true, "source_path": true},
	number:  map[string]bool{"version_number": true},
	order:   map[string]bool{"name": true, "version_number": true, "creation_timestamp": true, "last_updated_timestamp": true},
	usually: []string{"name ASC", "version_number DESC"},
}

func (d *Door) searchVersions(ctx context.Context, in message) (any, error) {
	limit, err := in.limit(10_000, 200_000)
	if err != nil {
		return nil, err
	}
	all, err := d.opts.Registry.Versions(ctx, "")
	if err != nil {
		return nil, err
	}
	if !asksForPrompts(in.text("filter")) {
		if all, err = d.withoutPrompts(ctx, all); err != nil {
			return nil, err
		}
	}
	list, err := search(versionSearch, all, versionFacts, in.text("filter"), in.texts("order_by"))
	if err != nil {
		return nil, err
	}
	list, next, err := page(list, in.text("page_token"), limit)
	out := versionList{Next: next}
	for _, v := range list {
		out.Versions = append(out.Versions, fromVersion(v))
	}
	return out, err
}

func versionFacts(v registry.Version) facts {
	return facts{
		text: map[string]string{"name": v.Model, "run_id": v.RunID, "source_path": v.Source},
		number: map[string]int64{
			"version_number": int64(v.Version), "creation_timestamp": millis(v.CreatedAt),
			"last_updated_timestamp": millis(v.UpdatedAt),
		},
		tags: v.Tags,
	}
}
