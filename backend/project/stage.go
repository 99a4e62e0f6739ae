package project

import (
	"slices"

	"go.yaml.in/yaml/v3"

	"rondo/backend/yamldoc"
)

// Stage is one step of the pipeline, in the vocabulary of dvc.yaml.
type Stage struct {
	Cmd           Lines  `yaml:"cmd" json:"cmd"`
	Wdir          string `yaml:"wdir" json:"wdir,omitempty"` // where cmd runs and paths start; the project folder if empty
	Desc          string `yaml:"desc" json:"desc,omitempty"`
	Deps          Lines  `yaml:"deps" json:"deps,omitempty"`
	Params        Params `yaml:"params" json:"params,omitempty"`
	Outs          Outs   `yaml:"outs" json:"outs,omitempty"`
	Metrics       Outs   `yaml:"metrics" json:"metrics,omitempty"`
	Plots         Outs   `yaml:"plots" json:"plots,omitempty"`
	Frozen        bool   `yaml:"frozen" json:"frozen,omitempty"`                 // never runs
	AlwaysChanged bool   `yaml:"always_changed" json:"always_changed,omitempty"` // always runs

	// From is the stage's place in the project of another tool that it comes from, such as
	// sub/dvc.yaml:train. That tool's rules hold for it. A rondo.yaml cannot say it.
	From  string `yaml:"-" json:"from,omitempty"`
	Order int    `yaml:"-" json:"order,omitempty"` // among the stages of that project, from 1

	// What such a stage reads and makes outside of the project folder: absolute paths of this
	// machine.
	OutsideDeps []string `yaml:"-" json:"outside_deps,omitempty"`
	OutsideOuts []string `yaml:"-" json:"outside_outs,omitempty"`
}

// AllOuts returns outs, metrics and plots together, in that order.
func (s Stage) AllOuts() []Out {
	all := append([]Out(nil), s.Outs...)
	all = append(all, s.Metrics...)
	return append(all, s.Plots...)
}

// Outside are all paths and addresses outside of the project folder that the stage names, sorted.
func (s Stage) Outside() []string {
	all := slices.Sorted(slices.Values(slices.Concat(s.OutsideDeps, s.OutsideOuts)))
	return slices.Compact(all)
}

// Lines is one string or a list of them.
type Lines []string

// UnmarshalYAML implements yamldoc.Unmarshaler.
func (l *Lines) UnmarshalYAML(n *yaml.Node) error {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	*l = nil
	for _, it := range items {
		s, err := yamldoc.Text(it)
		if err != nil {
			return err
		}
		*l = append(*l, s)
	}
	return nil
}

// Param names the keys of one file that a stage depends on; no keys means the whole file.
type Param struct {
	File string   `json:"file"` // params.yaml where the stage names only keys
	Keys []string `json:"keys,omitempty"`
}

// Params is the list under a stage's params key.
type Params []Param

// DefaultParams is the file that bare keys are read from.
const DefaultParams = "params.yaml"

// UnmarshalYAML implements yamldoc.Unmarshaler.
func (p *Params) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.SequenceNode {
		return yamldoc.Fail(n, "want a list of keys, or of FILE: [KEYS]")
	}
	*p = nil
	for _, it := range n.Content {
		if err := p.add(it); err != nil {
			return err
		}
	}
	return nil
}

func (p *Params) add(n *yaml.Node) error {
	pairs, ok := yamldoc.Mapping(n)
	if !ok {
		key, err := yamldoc.Text(n)
		if err != nil {
			return err
		}
		p.put(DefaultParams, key)
		return nil
	}
	for _, kv := range pairs {
		file, err := yamldoc.Text(kv.Key)
		if err != nil {
			return err
		}
		if err := p.addFile(file, kv.Value); err != nil {
			return err
		}
	}
	return nil
}

func (p *Params) addFile(file string, n *yaml.Node) error {
	if yamldoc.Null(n) {
		*p = append(*p, Param{File: file})
		return nil
	}
	var keys Lines
	if err := keys.UnmarshalYAML(n); err != nil {
		return err
	}
	for _, k := range keys {
		p.put(file, k)
	}
	if len(keys) == 0 {
		*p = append(*p, Param{File: file})
	}
	return nil
}

func (p *Params) put(file, key string) {
	for i := range *p {
		if (*p)[i].File == file && len((*p)[i].Keys) > 0 {
			(*p)[i].Keys = append((*p)[i].Keys, key)
			return
		}
	}
	*p = append(*p, Param{File: file, Keys: []string{key}})
}

// Out is something a stage makes.
type Out struct {
	Path    string         `json:"path"`
	Persist bool           `json:"persist,omitempty"` // kept, not removed, before the stage runs
	NoCache bool           `json:"no_cache,omitempty"`
	Desc    string         `json:"desc,omitempty"`
	Plot    map[string]any `json:"plot,omitempty"` // template, x, y, titles
}

// Outs is the list under outs, metrics or plots.
type Outs []Out

// UnmarshalYAML implements yamldoc.Unmarshaler.
func (o *Outs) UnmarshalYAML(n *yaml.Node) error {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	*o = nil
	for _, it := range items {
		if err := o.add(it); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outs) add(n *yaml.Node) error {
	pairs, ok := yamldoc.Mapping(n)
	if !ok {
		path, err := yamldoc.Text(n)
		*o = append(*o, Out{Path: path})
		return err
	}
	for _, kv := range pairs {
		path, err := yamldoc.Text(kv.Key)
		if err != nil {
			return err
		}
		out := Out{Path: path}
		if err := out.flags(kv.Value); err != nil {
			return err
		}
		*o = append(*o, out)
	}
	return nil
}

var plotKeys = map[string]bool{"template": true, "x": true, "y": true, "x_label": true, "y_label": true, "title": true, "header": true}

func (o *Out) flags(n *yaml.Node) error {
	if yamldoc.Null(n) {
		return nil
	}
	pairs, ok := yamldoc.Mapping(n)
	if !ok {
		return yamldoc.Fail(n, "want the out's settings, such as persist: true")
	}
	for _, kv := range pairs {
		if err := o.flag(kv); err != nil {
			return err
		}
	}
	return nil
}

func (o *Out) flag(kv yamldoc.Pair) error {
	key, err := yamldoc.Text(kv.Key)
	if err != nil {
		return err
	}
	switch {
	case key == "persist":
		o.Persist, err = yamldoc.Bool(kv.Value)
	case key == "cache":
		o.NoCache, err = yamldoc.Bool(kv.Value)
		o.NoCache = !o.NoCache
	case key == "desc":
		o.Desc, err = yamldoc.Text(kv.Value)
	case plotKeys[key]:
		if o.Plot == nil {
			o.Plot = map[string]any{}
		}
		o.Plot[key], err = yamldoc.Text(kv.Value)
	case key == "push" || key == "remote" || key == "type" || key == "labels" || key == "meta":
	default:
		return yamldoc.Fail(kv.Key, "unknown setting %q of an out: known are persist, cache, desc and the plot settings", key)
	}
	return err
}
