package project

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"rondo/backend/errs"
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

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (l *Lines) UnmarshalYAML(n ast.Node) error {
	items, ok := sequence(n)
	if !ok {
		items = []ast.Node{n}
	}
	*l = nil
	for _, it := range items {
		s, err := scalar(it)
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

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (p *Params) UnmarshalYAML(n ast.Node) error {
	items, ok := sequence(n)
	if !ok {
		return nodeError(n, "want a list of keys, or of FILE: [KEYS]")
	}
	*p = nil
	for _, it := range items {
		if err := p.add(it); err != nil {
			return err
		}
	}
	return nil
}

func (p *Params) add(n ast.Node) error {
	pairs, ok := mapping(n)
	if !ok {
		key, err := scalar(n)
		if err != nil {
			return err
		}
		p.put(DefaultParams, key)
		return nil
	}
	for _, kv := range pairs {
		file, err := scalar(kv.Key)
		if err != nil {
			return err
		}
		if err := p.addFile(file, kv.Value); err != nil {
			return err
		}
	}
	return nil
}

func (p *Params) addFile(file string, n ast.Node) error {
	if n == nil || n.Type() == ast.NullType {
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

// UnmarshalYAML implements yaml.NodeUnmarshaler.
func (o *Outs) UnmarshalYAML(n ast.Node) error {
	items, ok := sequence(n)
	if !ok {
		items = []ast.Node{n}
	}
	*o = nil
	for _, it := range items {
		if err := o.add(it); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outs) add(n ast.Node) error {
	pairs, ok := mapping(n)
	if !ok {
		path, err := scalar(n)
		*o = append(*o, Out{Path: path})
		return err
	}
	for _, kv := range pairs {
		path, err := scalar(kv.Key)
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

func (o *Out) flags(n ast.Node) error {
	if n == nil || n.Type() == ast.NullType {
		return nil
	}
	pairs, ok := mapping(n)
	if !ok {
		return nodeError(n, "want the out's settings, such as persist: true")
	}
	for _, kv := range pairs {
		if err := o.flag(kv); err != nil {
			return err
		}
	}
	return nil
}

func (o *Out) flag(kv *ast.MappingValueNode) error {
	key, err := scalar(kv.Key)
	if err != nil {
		return err
	}
	switch {
	case key == "persist":
		o.Persist, err = boolean(kv.Value)
	case key == "cache":
		o.NoCache, err = boolean(kv.Value)
		o.NoCache = !o.NoCache
	case key == "desc":
		o.Desc, err = scalar(kv.Value)
	case plotKeys[key]:
		if o.Plot == nil {
			o.Plot = map[string]any{}
		}
		o.Plot[key], err = scalar(kv.Value)
	case key == "push" || key == "remote" || key == "type" || key == "labels" || key == "meta":
	default:
		return nodeError(kv.Key, "unknown setting %q of an out: known are persist, cache, desc and the plot settings", key)
	}
	return err
}

func sequence(n ast.Node) ([]ast.Node, bool) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		return nil, false
	}
	return s.Values, true
}

func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	return nil, false
}

func scalar(n ast.Node) (string, error) {
	switch v := n.(type) {
	case *ast.StringNode:
		return v.Value, nil
	case *ast.LiteralNode:
		return v.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return strings.TrimSpace(n.GetToken().Value), nil
	}
	return "", nodeError(n, "want a string here")
}

func boolean(n ast.Node) (bool, error) {
	if b, ok := n.(*ast.BoolNode); ok {
		return b.Value, nil
	}
	return false, nodeError(n, "want true or false")
}

// placed is a message with the place in the file that it is about.
type placed struct {
	line, col int
	msg       string
}

func (p *placed) Error() string { return p.msg }

func nodeError(n ast.Node, format string, args ...any) error {
	p := &placed{msg: fmt.Sprintf(format, args...)}
	if n != nil && n.GetToken() != nil && n.GetToken().Position != nil {
		p.line, p.col = n.GetToken().Position.Line, n.GetToken().Position.Column
	}
	return errs.New(errs.Invalid, "%w", p)
}
