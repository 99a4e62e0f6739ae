package server

import (
	"context"
	"slices"
	"strconv"

	"rondo/backend/dataset"
	"rondo/backend/dataset/table"
	"rondo/backend/project"
	"rondo/backend/store"
)

// datasetSettings are the datasets of rondo.yaml as the noun takes them.
func datasetSettings(f *project.File) map[string]dataset.Setting {
	all := make(map[string]dataset.Setting, len(f.Datasets))
	for name, d := range f.Datasets {
		all[name] = dataset.Setting{Path: d.Path, Desc: d.Desc, Keep: keepRules(d.Keep), Header: headerOf(d.Header)}
	}
	return all
}

// declared is what rondo.yaml says of the datasets as it lies there now.
func (h *house) declared() (map[string]dataset.Setting, error) {
	f, problem := h.file.lies()
	return datasetSettings(f), problem
}

// linkOf is how large files are kept, which the file system decides where nobody does.
func linkOf(f *project.File) store.Link {
	if f.Data.Link == "" {
		return store.LinkAuto
	}
	return store.Link(f.Data.Link)
}

func keepRules(k *project.Keep) *dataset.Keep {
	if k == nil {
		return nil
	}
	yes := func(b *bool) bool { return b == nil || *b }
	return &dataset.Keep{Last: k.Last, Days: k.Days, Tagged: yes(k.Tagged), Used: yes(k.Used)}
}

func headerOf(there *bool) table.Header {
	switch {
	case there == nil:
		return table.HeaderByLook
	case *there:
		return table.HeaderFirst
	}
	return table.HeaderNone
}

// users says which runs used a snapshot, and which versions came from it.
func (h *house) users(ctx context.Context, snapshot string) (list []dataset.Use, err error) {
	s, err := h.datasets.Find(ctx, snapshot)
	if err != nil {
		return nil, err
	}
	runs, err := h.runs.UsedBy(ctx, s.Dataset, s.Tree.Short(), 100)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		list = append(list, dataset.Use{Kind: "run", ID: r.ID, Name: r.Name, At: r.StartedAt})
	}
	versions, err := h.registry.Versions(ctx, "")
	for _, v := range versions {
		if slices.Contains(v.SnapshotIDs, snapshot) {
			name := v.Model + " version " + strconv.Itoa(v.Version)
			list = append(list, dataset.Use{Kind: "version", ID: v.Model + "/" + strconv.Itoa(v.Version), Name: name, At: v.CreatedAt})
		}
	}
	return list, err
}
