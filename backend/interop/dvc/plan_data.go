package dvc

import (
	"context"
	"path"
	"strings"

	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/project"
)

// data takes what .dvc files track over as datasets.
func (pl *planner) data(ctx context.Context) error {
	byPath := map[string]string{}
	for n, d := range pl.file.Datasets {
		pl.sets[n], byPath[path.Clean(d.Path)] = true, n
	}
	for _, s := range pl.p.Singles {
		if s.Cmd != "" {
			continue
		}
		for _, o := range s.Outs {
			if err := pl.dataset(ctx, s, o, byPath); err != nil {
				return err
			}
		}
	}
	return nil
}

func (pl *planner) dataset(ctx context.Context, s SingleFile, o metafile.SingleOut, byPath map[string]string) error {
	at, here := pl.p.where(path.Join(path.Dir(s.Path), s.Wdir), o.Entry.Path)
	if !here || !project.Local(at) {
		pl.left("%s: %s lies outside of the project; its data is not taken over", s.Path, o.Entry.Path)
		return nil
	}
	d := Data{Path: at, From: s.Path, Desc: origin(s, o), entry: o.Entry}
	var err error
	if d.State, err = pl.state(ctx, d); err != nil {
		pl.left("%s: %s", s.Path, err)
		return ctx.Err()
	}
	known := false
	if d.Name, known = byPath[at]; !known {
		d.Name = name(strings.TrimSuffix(path.Base(at), path.Ext(at)), yamlName, pl.sets)
		lines := []string{"path: " + yamlText(at)}
		if d.Desc != "" {
			lines = append(lines, "desc: "+yamlText(d.Desc))
		}
		pl.datasets = append(pl.datasets, section{d.Name, append([]string{"# " + s.Path}, lines...)})
	}
	pl.plan.Data = append(pl.plan.Data, d)
	pl.account(d)
	return nil
}

func (pl *planner) account(d Data) {
	switch d.State {
	case Here, Cached:
		where := map[string]string{Here: "the folder", Cached: "DVC's cache"}[d.State]
		pl.came("%s → dataset %s, with a snapshot of what %s names, from %s", d.From, d.Name, d.From, where)
	case Changed:
		pl.came("%s → dataset %s, with a snapshot of what lies there now", d.From, d.Name)
		pl.left("%s: %s was changed since DVC looked; the snapshot has it as it is now, and DVC's cache keeps the other", d.From, d.Path)
	default:
		pl.came("%s → dataset %s, without a snapshot", d.From, d.Name)
		pl.left("%s: neither the folder nor DVC's cache has %s; `dvc pull` it, then `rondo import dvc` again", d.From, d.Path)
	}
}

// origin tells where imported data comes from.
func origin(s SingleFile, o metafile.SingleOut) string {
	if o.Desc != "" {
		return o.Desc
	}
	if !s.Import() {
		return s.Desc
	}
	d := s.Deps[0]
	if d.Repo == nil {
		return "imported by DVC from " + d.Path
	}
	text := "imported by DVC: " + d.Path + " of " + d.Repo.URL
	if d.Repo.RevLock != "" {
		text += " at " + d.Repo.RevLock
	}
	return text
}

// state compares data with its .dvc file.
func (pl *planner) state(ctx context.Context, d Data) (string, error) {
	e := d.entry
	e.MD5 = e.Sum()
	s, err := pl.p.look(ctx, d.Path, e.Hash)
	switch {
	case err != nil:
		return "", err
	case s.sum != "" && (s.sum == e.MD5 || e.MD5 == ""):
		return Here, nil
	case s.sum != "":
		return Changed, nil
	}
	if ok, err := pl.p.Cache.Has(ctx, e); err != nil || !ok || e.MD5 == "" {
		return Absent, err
	}
	return Cached, nil
}
