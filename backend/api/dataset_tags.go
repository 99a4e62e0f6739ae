package api

import (
	"context"

	"rondo/backend/dataset"
)

func (a *API) listTags(ctx context.Context, in datasetName) ([]dataset.Tag, error) {
	return a.Datasets.Tags(ctx, in.Name)
}

type setTag struct {
	Name   string `path:"name"`
	Tag    string `json:"tag"`
	Number int    `json:"number,omitempty"` // 0: the latest snapshot
}

// setTag gives a snapshot a name, or moves the name to it.
func (a *API) setTag(ctx context.Context, in setTag) (dataset.Tag, error) {
	return a.Datasets.SetTag(ctx, in.Name, in.Number, in.Tag)
}

type tagName struct {
	Name string `path:"name"`
	Tag  string `path:"tag"`
}

// tagHistory tells what a tag has named, the newest first.
func (a *API) tagHistory(ctx context.Context, in tagName) ([]dataset.Tag, error) {
	return a.Datasets.TagHistory(ctx, in.Name, in.Tag)
}

func (a *API) removeTag(ctx context.Context, in tagName) (Nothing, error) {
	return Nothing{}, a.Datasets.RemoveTag(ctx, in.Name, in.Tag)
}
