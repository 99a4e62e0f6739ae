package dvc

import (
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"rondo/backend/interop/dvc/config"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/pipeline"
	"rondo/backend/project"
)

// pipeline takes the stages of one dvc.yaml over. Those of a folder get its name in front.
func (pl *planner) pipeline(ctx context.Context, line *metafile.Pipeline) error {
	prefix := ""
	if dir := path.Dir(line.File); dir != "." {
		prefix = strings.ReplaceAll(dir, "/", ".") + "."
	}
	for _, s := range line.Stages {
		n := pl.stage(line.File, prefix+s.Name, s)
		if pl.p.Locks[line.File].Stage(s.Name) == nil {
			continue
		}
		if st, err := pl.p.stageStatus(ctx, line, s); err == nil && !st.changed() {
			pl.plan.Fresh = append(pl.plan.Fresh, n)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// oldStage takes a stage over that is a .dvc file, as they were before DVC 1.0.
func (pl *planner) oldStage(f SingleFile) {
	s := metafile.Stage{Cmd: f.Cmd, Written: f.Cmd, Wdir: path.Join(path.Dir(f.Path), f.Wdir), Desc: f.Desc, Frozen: f.Frozen, AlwaysChanged: f.AlwaysChanged, At: f.Raw.At("cmd")}
	for _, d := range f.Deps {
		if d.Params == nil {
			s.Deps = append(s.Deps, d.Path)
			continue
		}
		file := metafile.ParamDep{File: d.Path}
		if file.File == "" {
			file.File = metafile.ParamsFile
		}
		switch x := d.Params.(type) {
		case *doc.Map:
			file.Keys = slices.Clone(x.Keys)
		case []any:
			file.Keys = metafile.Texts(x)
		}
		s.Params = append(s.Params, file)
	}
	for _, o := range f.Outs {
		s.Outs = append(s.Outs, o.Out)
	}
	pl.stage(f.Path, strings.TrimSuffix(strings.ReplaceAll(f.Path, "/", "."), metafile.Suffix), s)
}

// stage writes one stage, says what of it could not come, and returns its name.
func (pl *planner) stage(file, want string, s metafile.Stage) string {
	n := name(want, yamlName, pl.names)
	if _, there := pl.file.Stages[n]; there {
		pl.came("%s: stage %s was there already and stays as it is", file, n)
		return n
	}
	w := &stageWriter{pl: pl, file: file, name: n, s: s}
	pl.stages = append(pl.stages, section{n, w.lines()})
	pl.came("%s:%d → stage %s", file, max(s.At.Line, 1), n)
	if n != want {
		pl.left("%s: the stage %s is called %s now; rondo.yaml takes no such name", file, want, n)
	}
	if s.Templated {
		w.left("the values of ${…} are written out; a change of the params or vars does not reach them any more")
	}
	return n
}

type stageWriter struct {
	pl         *planner
	file, name string
	s          metafile.Stage
	out        []string
}

// left notes what of the stage does not come; what many stages share is told once.
func (w *stageWriter) left(format string, args ...any) {
	w.pl.share(w.name, fmt.Sprintf(format, args...))
}

func (w *stageWriter) add(format string, args ...any) {
	w.out = append(w.out, fmt.Sprintf(format, args...))
}

func (w *stageWriter) lines() []string {
	s := w.s
	from := fmt.Sprintf("# %s:%d", w.file, max(s.At.Line, 1))
	if s.Group != "" {
		from += ", one of " + s.Group
	}
	w.add("%s", from)
	if was, ok := s.Written.(string); ok && len(metafile.Matches(was)) > 0 {
		w.add("# was: %s", strings.Join(strings.Fields(was), " "))
	}
	w.cmd()
	if s.Wdir != "." {
		w.add("wdir: %s", yamlText(s.Wdir))
	}
	if s.Desc != "" {
		w.add("desc: %s", yamlText(s.Desc))
	}
	params, asDeps := w.params()
	w.deps(asDeps)
	w.out = append(w.out, params...)
	for _, kind := range []string{"outs", "metrics", "plots"} {
		w.outs(kind)
	}
	if s.Frozen {
		w.add("frozen: true")
	}
	if s.AlwaysChanged || len(s.Deps)+len(s.Params)+len(s.Outs) == 0 {
		w.add("always_changed: true")
	}
	return w.out
}

// cmd writes the commands. What only a shell understands is given to one, as DVC does.
func (w *stageWriter) cmd() {
	var all []string
	switch x := w.s.Cmd.(type) {
	case []any:
		for _, c := range x {
			all = append(all, doc.Text(c))
		}
	default:
		all = strings.Split(doc.Text(x), "\n")
	}
	var lines []string
	shell := false
	for _, c := range all {
		c = strings.TrimSpace(c)
		if c == "" {
			continue
		}
		if needsShell(c) {
			c, shell = "sh -c "+shellWord(c), true
		}
		lines = append(lines, c)
	}
	if len(lines) == 1 {
		w.add("cmd: %s", yamlText(lines[0]))
	} else {
		w.add("cmd:")
		for _, c := range lines {
			w.add("  - %s", yamlText(c))
		}
	}
	if shell {
		w.left("its command needs a shell and is given to sh; DVC took $SHELL")
	}
}

// shellWord quotes a line for sh -c, in the way that is read most easily.
func shellWord(line string) string {
	if strings.Contains(line, "'") && !strings.ContainsAny(line, "\"$`\\!") {
		return `"` + line + `"`
	}
	return config.Quote(line)
}

// builtins are words that are no programs, or mean something else to a shell.
var builtins = []string{"cd", "export", "source", ".", "set", "unset", "exec", "eval", "if", "for", "while", "case", "until", "[", "[[", "alias", "ulimit", "umask", "trap", "return", "exit", "read", "shift", "wait", ":", "function", "time"}

func needsShell(line string) bool {
	words, err := pipeline.Split(line)
	return err != nil || strings.ContainsAny(line, "*?[~#{}!()") || strings.Contains(words[0], "=") || slices.Contains(builtins, words[0])
}

// place is a path from the stage's folder, if rondo.yaml can take it.
func (w *stageWriter) place(at string) (string, bool) {
	in, here := w.pl.p.where(w.s.Wdir, at)
	if !here || !project.Local(in) {
		return at, false
	}
	if strings.HasPrefix(at, "/") {
		if w.s.Wdir != "." {
			return at, false
		}
		return in, true
	}
	return path.Clean(at), true
}

func (w *stageWriter) deps(more []string) {
	var list []string
	for _, d := range append(slices.Clone(w.s.Deps), more...) {
		at, ok := w.place(d)
		if !ok {
			w.left("the dep %s is outside of the project; Rondo does not watch it", d)
			continue
		}
		if !slices.Contains(list, at) {
			list = append(list, at)
		}
	}
	if len(list) > 0 {
		w.add("deps:")
	}
	for _, d := range list {
		w.add("  - %s", yamlText(d))
	}
}

// params returns the lines, and the files that become deps because Rondo cannot read
// params from them.
func (w *stageWriter) params() (lines, asDeps []string) {
	for _, d := range w.s.Params {
		at, ok := w.place(d.File)
		if !ok {
			w.left("the params file %s is outside of the project; Rondo does not watch it", d.File)
			continue
		}
		if why := w.unreadable(path.Join(w.s.Wdir, at)); why != "" {
			w.left("%s is a dep as a whole now: %s", d.File, why)
			asDeps = append(asDeps, at)
			continue
		}
		if at == project.DefaultParams && len(d.Keys) > 0 {
			for _, k := range d.Keys {
				lines = append(lines, "  - "+yamlText(k))
			}
			continue
		}
		lines = append(lines, "  - "+yamlText(at)+":")
		for _, k := range d.Keys {
			lines = append(lines, "      - "+yamlText(k))
		}
	}
	if len(lines) > 0 {
		lines = append([]string{"params:"}, lines...)
	}
	return lines, asDeps
}

func (w *stageWriter) unreadable(at string) string {
	if ext := path.Ext(at); ext == ".py" || ext == ".toml" {
		return "Rondo reads params from YAML and JSON"
	}
	b, err := w.pl.p.Read(at)
	if missing(err) {
		return ""
	}
	if err == nil {
		_, err = project.ParseParams(at, b)
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func (w *stageWriter) outs(kind string) {
	var lines []string
	for _, o := range w.s.Outs {
		if o.Kind != kind {
			continue
		}
		at, ok := w.place(o.Path)
		if !ok {
			w.left("the out %s is outside of the project; Rondo does not keep it", o.Path)
			continue
		}
		settings := outSettings(o)
		if len(settings) == 0 {
			lines = append(lines, "  - "+yamlText(at))
			continue
		}
		lines = append(lines, "  - "+yamlText(at)+":")
		for _, s := range settings {
			lines = append(lines, "      "+s)
		}
	}
	if len(lines) > 0 {
		w.add("%s:", kind)
		w.out = append(w.out, lines...)
	}
}

func outSettings(o metafile.Out) (list []string) {
	if o.NoCache {
		list = append(list, "cache: false")
	}
	if o.Persist {
		list = append(list, "persist: true")
	}
	if o.Desc != "" {
		list = append(list, "desc: "+yamlText(o.Desc))
	}
	for i := 0; i < o.Plot.Len(); i++ {
		k := o.Plot.Keys[i]
		if v, isBool := o.Plot.Value(k).(bool); isBool {
			list = append(list, fmt.Sprintf("%s: %t", k, v))
			continue
		}
		list = append(list, k+": "+yamlText(doc.Text(o.Plot.Value(k))))
	}
	return list
}
