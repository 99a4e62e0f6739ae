package figures

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// Shown is what a revision says of metrics.
type Shown struct {
	Files
	Broken  map[string]error // by path, why a file says nothing
	Refused error            // why none does: one of DVC's own files is refused there
}

// MarshalJSON writes it as `dvc metrics show --json` does: data, in it files, in them data or error.
func (m Shown) MarshalJSON() ([]byte, error) {
	if m.Refused != nil {
		return json.Marshal(map[string]any{"error": shownError(m.Refused)})
	}
	files := map[string]any{}
	for at, v := range m.Plain() {
		files[at] = map[string]any{"data": v}
	}
	for at, err := range m.Broken {
		files[at] = map[string]any{"error": shownError(err)}
	}
	return json.Marshal(map[string]any{"data": files})
}

func shownError(err error) map[string]string {
	return map[string]string{"type": errs.KindOf(err).String(), "msg": errs.Text(err)}
}

// From is m with the paths as they are said in another way.
func (m Shown) From(path func(at string) string) Shown {
	out := Shown{Files{}, map[string]error{}, m.Refused}
	for at, v := range m.Files {
		out.Files[path(at)] = v
	}
	for at, err := range m.Broken {
		out.Broken[path(at)] = err
	}
	return out
}

// Lacking is the first error of those that git does not have a file in this copy; nil where it has all.
func (m Shown) Lacking() error {
	if git.Lacks(m.Refused) {
		return m.Refused
	}
	for _, at := range slices.Sorted(maps.Keys(m.Broken)) {
		if git.Lacks(m.Broken[at]) {
			return m.Broken[at]
		}
	}
	return nil
}

// Show reads the metrics of a revision.
func Show(p *dvc.Project, rev string) (m Shown, err error) {
	m.Broken = map[string]error{}
	m.Files, m.Refused, err = At(p, rev, func(then *dvc.Project) Files {
		out, broken := readMetrics(then)
		for at, err := range broken {
			m.Broken[at] = err
		}
		contents := then.Contents()
		for _, at := range metricsWanted(then, contents) {
			if !saysOf(out, broken, at) && !contents.IsFolder(at) { // an empty folder says nothing, and is there
				m.Broken[at] = errs.New(errs.NotFound, "%s is not there", at)
			}
		}
		return out
	})
	if git.Lacks(err) {
		m.Refused, err = err, nil
	}
	return m, err
}

// readMetrics are the metrics that can be read, and of the other files why not.
func readMetrics(p *dvc.Project) (Files, map[string]error) {
	contents, found := p.Contents(), map[string]dvc.Reader{}
	for _, at := range metricsWanted(p, contents) {
		maps.Copy(found, contents.Of(at))
	}
	out, broken := Files{}, map[string]error{}
	for name, read := range found {
		if v, err := readMetric(name, read); err != nil {
			broken[name] = err
		} else {
			out[name] = v
		}
	}
	return out, broken
}

// readMetric reads a file of metrics; what says nothing, or nothing that could be one, has none.
func readMetric(name string, read dvc.Reader) (any, error) {
	b, err := read()
	if err != nil {
		return nil, err
	}
	v, err := doc.Read(name, b)
	if err != nil {
		return nil, err
	}
	if v = metric(v); v == nil || v == false || v == "" || doc.Equal(v, int64(0)) {
		v = &doc.Map{}
	}
	return v, nil
}

// metricsWanted are the paths that stages and dvc.yaml files name as metrics.
func metricsWanted(p *dvc.Project, contents dvc.Contents) (list []string) {
	for _, m := range contents.Marked("metrics") {
		list = append(list, m.Path)
	}
	return append(list, top(p, func(pl *metafile.Pipeline) []string { return pl.Metrics })...)
}

// saysOf reports whether a path, or a file below it, was looked at.
func saysOf(out Files, broken map[string]error, at string) bool {
	if out[at] != nil || broken[at] != nil {
		return true
	}
	for name := range out {
		if strings.HasPrefix(name, at+"/") {
			return true
		}
	}
	for name := range broken {
		if strings.HasPrefix(name, at+"/") {
			return true
		}
	}
	return false
}
