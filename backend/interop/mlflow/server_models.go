package mlflow

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/evaluation"
	"rondo/backend/registry"
	"rondo/backend/run"
)

// LoggedModels implements Source.
func (s *server) LoggedModels(ctx context.Context, experiment string, fn func(LoggedModel) error) error {
	s.models = map[string][]measured{}
	for token := ""; ; {
		var out struct {
			Models []wireLogged `json:"models"`
			Next   string       `json:"next_page_token"`
		}
		in := map[string]any{"experiment_ids": []string{experiment}, "max_results": 100}
		if token != "" {
			in["page_token"] = token
		}
		err := s.ask(ctx, http.MethodPost, api2+"/logged-models/search", in, &out)
		if s.lacks(err, "logged models") {
			return nil
		}
		if err != nil {
			return err
		}
		for _, w := range out.Models {
			if err := fn(w.model(experiment)); err != nil {
				return err
			}
			for _, m := range w.Data.Metrics {
				m.ModelID = w.Info.ID
				s.models[m.RunID] = append(s.models[m.RunID], measured{m.point()})
			}
		}
		if token = out.Next; token == "" {
			return nil
		}
	}
}

func (w *wireLogged) model(experiment string) LoggedModel {
	i := w.Info
	status := map[string]string{"LOGGED_MODEL_READY": run.ModelReady, "LOGGED_MODEL_UPLOAD_FAILED": run.ModelFailed}[i.Status]
	if status == "" {
		status = run.ModelPending
	}
	return LoggedModel{URI: i.URI, Lifecycle: run.Active, LoggedModel: run.LoggedModel{
		ID: i.ID, ExperimentID: experiment, Name: i.Name, Type: i.Type, RunID: i.RunID, Status: status, Message: i.Message,
		Params: mapOf(w.Data.Params), Tags: mapOf(i.Tags), CreatedAt: i.Created.moment(), UpdatedAt: i.Updated.moment(),
	}}
}

const onlyPrompts = "tags.`mlflow.prompt.is_prompt` = 'true'"

// Models implements Source. Servers leave prompts out unless they are asked for.
func (s *server) Models(ctx context.Context, fn func(Model) error) error {
	seen := map[string]bool{}
	for _, filter := range []string{"", onlyPrompts} {
		for token := ""; ; {
			var out struct {
				Models []wireModel `json:"registered_models"`
				Next   string      `json:"next_page_token"`
			}
			query := url.Values{"max_results": {"100"}}
			if filter != "" {
				query.Set("filter", filter)
			}
			if token != "" {
				query.Set("page_token", token)
			}
			err := s.ask(ctx, http.MethodGet, api2+"/registered-models/search?"+query.Encode(), nil, &out)
			if s.lacks(err, "registered models") {
				return nil
			}
			if err != nil {
				return err
			}
			for _, w := range out.Models {
				if seen[w.Name] {
					continue
				}
				seen[w.Name] = true
				m, err := s.model(ctx, w, filter)
				if err != nil {
					return err
				}
				if err := fn(m); err != nil {
					return err
				}
			}
			if token = out.Next; token == "" {
				break
			}
		}
	}
	return nil
}

func (s *server) model(ctx context.Context, w wireModel, filter string) (Model, error) {
	m := Model{Next: 1, Model: registry.Model{
		Name: w.Name, Description: w.Description, Tags: mapOf(w.Tags), Aliases: map[string]int{}, CreatedAt: w.Created.moment(), UpdatedAt: w.Updated.moment(),
	}}
	for _, a := range w.Aliases {
		if n, err := strconv.Atoi(a.Version); err == nil {
			m.Aliases[a.Alias] = n
		}
	}
	only := "name='" + w.Name + "'"
	if strings.Contains(w.Name, "'") {
		only = `name="` + w.Name + `"`
	}
	if filter != "" {
		only += " AND " + filter
	}
	for token := ""; ; {
		var out struct {
			Versions []wireVersion `json:"model_versions"`
			Next     string        `json:"next_page_token"`
		}
		query := url.Values{"max_results": {"1000"}, "filter": {only}}
		if token != "" {
			query.Set("page_token", token)
		}
		if err := s.ask(ctx, http.MethodGet, api2+"/model-versions/search?"+query.Encode(), nil, &out); err != nil {
			return m, err
		}
		for _, v := range out.Versions {
			n, err := strconv.Atoi(v.Version)
			if err != nil {
				s.opts.Left("version", w.Name+" "+v.Version, "its number is none")
				continue
			}
			m.Next = max(m.Next, n+1)
			m.Versions = append(m.Versions, v.version(w.Name, n))
		}
		if token = out.Next; token == "" {
			slices.SortFunc(m.Versions, func(a, b Version) int { return a.Version.Version - b.Version.Version })
			return m, nil
		}
	}
}

func (v *wireVersion) version(model string, n int) Version {
	return Version{Message: v.Message, ModelID: v.ModelID, Version: registry.Version{
		Model: model, Version: n, Source: v.Source, RunID: v.RunID, Status: readyOr(v.Status), Stage: stageOf(v.Stage), Description: v.Description, CreatedBy: v.User,
		Tags: mapOf(v.Tags), CreatedAt: v.Created.moment(), UpdatedAt: v.Updated.moment(),
	}}
}

// Datasets implements Source.
func (s *server) Datasets(ctx context.Context, fn func(Dataset) error) error {
	for token := ""; ; {
		var out struct {
			Datasets []struct {
				ID            string   `json:"dataset_id"`
				Name          string   `json:"name"`
				Tags          string   `json:"tags"`
				Schema        string   `json:"schema"`
				Created       number   `json:"created_time"`
				Updated       number   `json:"last_update_time"`
				CreatedBy     string   `json:"created_by"`
				UpdatedBy     string   `json:"last_updated_by"`
				ExperimentIDs []string `json:"experiment_ids"`
			} `json:"datasets"`
			Next string `json:"next_page_token"`
		}
		in := map[string]any{"max_results": 100}
		if token != "" {
			in["page_token"] = token
		}
		err := s.ask(ctx, http.MethodPost, api3+"/datasets/search", in, &out)
		if s.lacks(err, "evaluation datasets") {
			return nil
		}
		if err != nil {
			return err
		}
		for _, w := range out.Datasets {
			x := Dataset{Dataset: evaluation.Dataset{
				ID: w.ID, Name: w.Name, Tags: map[string]string{}, ExperimentIDs: w.ExperimentIDs, Created: int64(w.Created), Updated: int64(w.Updated), CreatedBy: w.CreatedBy, UpdatedBy: w.UpdatedBy,
			}}
			if w.Tags != "" && json.Unmarshal([]byte(w.Tags), &x.Tags) != nil {
				s.opts.Left("part of an evaluation dataset", w.Name, "its tags are not of the form that MLflow writes")
			}
			if json.Valid([]byte(w.Schema)) && w.Schema != "" {
				x.Schema = json.RawMessage(w.Schema)
			}
			if err := s.joined(ctx, &x); err != nil {
				return err
			}
			if err := s.records(ctx, &x); err != nil {
				return err
			}
			if err := fn(x); err != nil {
				return err
			}
		}
		if token = out.Next; token == "" {
			return nil
		}
	}
}

// joined asks for a dataset's experiments, which the list does not have.
func (s *server) joined(ctx context.Context, x *Dataset) error {
	if len(x.ExperimentIDs) > 0 {
		return nil
	}
	var out struct {
		IDs []string `json:"experiment_ids"`
	}
	err := s.ask(ctx, http.MethodGet, api3+"/datasets/"+url.PathEscape(x.ID)+"/experiment-ids", nil, &out)
	x.ExperimentIDs = append([]string{}, out.IDs...)
	return err
}

func (s *server) records(ctx context.Context, x *Dataset) error {
	query := url.Values{"max_results": {"1000"}}
	for {
		var out struct {
			Records string `json:"records"`
			Next    string `json:"next_page_token"`
		}
		if err := s.ask(ctx, http.MethodGet, api3+"/datasets/"+url.PathEscape(x.ID)+"/records?"+query.Encode(), nil, &out); err != nil {
			return err
		}
		list, err := recordsOf(out.Records)
		if err != nil {
			s.opts.Left("part of an evaluation dataset", x.Name, err.Error())
			return nil
		}
		x.List = append(x.List, list...)
		if out.Next == "" || len(list) == 0 {
			return nil
		}
		query.Set("page_token", out.Next)
	}
}

func recordsOf(text string) (list []evaluation.Record, err error) {
	if text == "" {
		return nil, nil
	}
	var in []struct {
		ID           string                     `json:"dataset_record_id"`
		Inputs       map[string]json.RawMessage `json:"inputs"`
		Outputs      json.RawMessage            `json:"outputs"`
		Expectations map[string]json.RawMessage `json:"expectations"`
		Tags         map[string]string          `json:"tags"`
		Source       json.RawMessage            `json:"source"`
		Created      number                     `json:"created_time"`
		Updated      number                     `json:"last_update_time"`
		CreatedBy    string                     `json:"created_by"`
		UpdatedBy    string                     `json:"last_updated_by"`
	}
	if err := json.Unmarshal([]byte(text), &in); err != nil {
		return nil, fmt.Errorf("its records are not of the form that MLflow writes")
	}
	for _, w := range in {
		list = append(list, evaluation.Record{
			ID: w.ID, Inputs: w.Inputs, Outputs: notNull(w.Outputs), Expectations: w.Expectations, Tags: w.Tags, Source: notNull(w.Source),
			Created: int64(w.Created), Updated: int64(w.Updated), CreatedBy: w.CreatedBy, UpdatedBy: w.UpdatedBy,
		})
	}
	return list, nil
}

type wireScorer struct {
	ID         string `json:"scorer_id"`
	Name       string `json:"scorer_name"`
	Version    number `json:"scorer_version"`
	Serialized string `json:"serialized_scorer"`
	Created    number `json:"creation_time"`
}

// Scorers implements Source.
func (s *server) Scorers(ctx context.Context, experiment string, fn func(evaluation.Scorer) error) error {
	var newest, all struct {
		Scorers []wireScorer `json:"scorers"`
	}
	query := url.Values{"experiment_id": {experiment}}
	err := s.ask(ctx, http.MethodGet, api3+"/scorers/list?"+query.Encode(), nil, &newest)
	if s.lacks(err, "scorers") || errs.Is(err, errs.Invalid) && strings.Contains(err.Error(), "'active' state") { // of a deleted experiment it tells none
		return nil
	}
	for _, n := range newest.Scorers {
		if err != nil {
			return err
		}
		query.Set("name", n.Name)
		all.Scorers = nil
		if err = s.ask(ctx, http.MethodGet, api3+"/scorers/versions?"+query.Encode(), nil, &all); err != nil {
			return err
		}
		for _, w := range all.Scorers {
			if err := fn(evaluation.Scorer{ID: w.ID, ExperimentID: experiment, Name: w.Name, Version: int(w.Version), Serialized: w.Serialized, Created: int64(w.Created)}); err != nil {
				return err
			}
		}
	}
	return err
}
