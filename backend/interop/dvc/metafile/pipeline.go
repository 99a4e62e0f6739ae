package metafile

import (
	"path"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/doc"
)

// Pipeline is a dvc.yaml with every ${…}, foreach and matrix written out.
type Pipeline struct {
	File      string // path in the project
	Stages    []Stage
	Params    []string // files named at the top
	Metrics   []string
	Plots     []any
	Artifacts *doc.Map
}

// Stage is one stage of a Pipeline as DVC would run it.
type Stage struct {
	Name          string  // such as train, or train@uk out of a foreach
	Group         string  // the foreach or matrix it comes from, or empty
	At            doc.Pos // of its key in the dvc.yaml
	Cmd           any     // string, or []any of them
	Written       any     // Cmd before ${…} was filled in
	Wdir          string  // in the project, such as "." or sub
	Desc          string
	Deps          []string // as written, from Wdir
	Params        []ParamDep
	Outs          []Out
	Frozen        bool
	AlwaysChanged bool
	Templated     bool                // something in it came out of ${…}
	Vars          map[string]*doc.Map // that, of files in the project, by dotted key
	Meta          any
}

// ParamDep names keys of a params file; none mean all of it.
type ParamDep struct {
	File string // as written, from Wdir
	Keys []string
}

// Out is what a stage or a .dvc file says of something it makes.
type Out struct {
	Path    string // as written, from Wdir
	Kind    string // outs, metrics or plots
	NoCache bool
	Persist bool
	NoPush  bool
	Remote  string
	Desc    string
	Type    string
	Labels  []string
	Meta    any
	Plot    *doc.Map // template, x, y …
}

// ReadPipeline reads the text of a dvc.yaml. File is its path in the project; read gives
// the params and vars files that it names. Errors say name:line:column.
func ReadPipeline(file string, b []byte, read func(string) ([]byte, error)) (*Pipeline, error) {
	v, err := doc.ParseYAML(file, b)
	if err != nil {
		return nil, err
	}
	return FillPipeline(file, v, read, config.OptionStyle{})
}

// FillPipeline writes out the ${…}, foreach and matrix of a dvc.yaml, and leaves v as it is.
func FillPipeline(file string, v any, read func(string) ([]byte, error), style config.OptionStyle) (*Pipeline, error) {
	if v == nil {
		return &Pipeline{File: file}, nil
	}
	top, ok := v.(*doc.Map)
	if !ok {
		return nil, doc.Fail(file, doc.Pos{}, "want stages:, found %s", doc.Kind(v))
	}
	p := &pipelineReader{name: file, dir: path.Dir(file), scope: newScope(read), out: &Pipeline{File: file}}
	p.scope.style = style
	return p.out, p.all(top)
}

type pipelineReader struct {
	name, dir string
	scope     *scope
	out       *Pipeline
}

func (p *pipelineReader) all(top *doc.Map) error {
	if err := checkTop(p.name, top); err != nil {
		return err
	}
	if _, err := p.scope.read(path.Join(p.dir, ParamsFile)); err == nil {
		if err := p.scope.file(ParamsFile, p.dir); err != nil {
			return err
		}
	}
	vars, _ := top.Get("vars")
	if templated(vars) {
		return doc.Fail(p.name, top.At("vars"), "vars cannot hold ${…}")
	}
	if list, ok := vars.([]any); ok {
		if err := p.scope.load(list, p.dir); err != nil {
			return p.at(top.At("vars"), err)
		}
	}
	stages, _ := top.Get("stages")
	m, _ := stages.(*doc.Map)
	for i := 0; i < m.Len(); i++ {
		if err := p.stage(m.Keys[i], m.Value(m.Keys[i]), m.At(m.Keys[i])); err != nil {
			return err
		}
	}
	return p.sections(top)
}

// at says where an error comes from that does not know it.
func (p *pipelineReader) at(pos doc.Pos, err error) error {
	return doc.Fail(p.name, pos, "%s", err).WithHint("%s", errs.HintOf(err))
}

// sections takes the lists at the top of the file.
func (p *pipelineReader) sections(top *doc.Map) error {
	for _, key := range []string{"params", "metrics", "plots", "artifacts"} {
		v, ok := top.Get(key)
		if !ok || v == nil {
			continue
		}
		filled, err := p.scope.fill(v, "")
		if err != nil {
			return p.at(top.At(key), err)
		}
		switch x := filled.(type) {
		case *doc.Map:
			p.out.Artifacts = x
		case []any:
			switch key {
			case "params":
				p.out.Params = Texts(x)
			case "metrics":
				p.out.Metrics = Texts(x)
			default:
				p.out.Plots = x
			}
		}
	}
	return nil
}

// Texts are the members of a list as text.
func Texts(list []any) []string {
	out := make([]string, 0, len(list))
	for _, v := range list {
		out = append(out, doc.Text(v))
	}
	return out
}
