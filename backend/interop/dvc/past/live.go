package past

import (
	"encoding/csv"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/git"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/doc"
)

// Live is what DVCLive wrote: the course of metrics, params, and files.
type Live struct {
	Params map[string]string
	Series []LiveSeries
	Files  []LiveFile

	own     []string // the files that Params are from
	lacking error    // why one of its files is not here, if git does not have it in this copy
}

// told reports whether a param that has its file in front is one of DVCLive's.
func (l *Live) told(key string) bool {
	return slices.ContainsFunc(l.own, func(file string) bool { return strings.HasPrefix(key, file+":") })
}

// LiveSeries is one metric as it went.
type LiveSeries struct {
	Name   string
	Points []LivePoint
}

// LivePoint is one value; Time is in ms since 1970, 0 where DVCLive did not note it.
type LivePoint struct {
	Step, Time int64
	Value      float64
}

// LiveFile is a picture, a curve or an artifact.
type LiveFile struct {
	Name string // in DVCLive's folder
	Text []byte
}

const (
	maxLiveFiles  = 500      // of one commit
	maxLivePoints = 1 << 20  // of one file
	maxLiveFolder = 64 << 20 // bytes of all files of one commit
)

// courses are the folders below DVCLive's own in which it keeps the course of metrics; the
// second is that of its first versions.
var courses = []string{"plots/metrics/", "scalars/"}

// liveOf collects what DVCLive has left in the commit, and in the cache for it.
func liveOf(p *dvc.Project) (l Live) {
	l.Params = map[string]string{}
	found := liveFiles(p)
	folders := map[string]bool{}
	for name := range found {
		if dir, _, ok := course(name); ok {
			folders[dir] = true
		}
	}
	var names []string
	for name := range found {
		names = append(names, name)
	}
	slices.Sort(names)
	size := 0
	for _, name := range names {
		dir, metric, isCourse := course(name)
		if !isCourse {
			dir = ownerOf(name, folders)
		}
		if !folders[dir] {
			continue
		}
		b, err := found[name]()
		if err != nil {
			if git.Lacks(err) {
				l.lacking = err
			}
			continue
		}
		in := strings.TrimPrefix(name, dir+"/")
		switch {
		case isCourse:
			if s := readCourse(metric, b); len(s.Points) > 0 {
				l.Series = append(l.Series, s)
			}
		case in == "params.yaml":
			l.own = append(l.own, name)
			l.addParams(in, b)
		case in != "dvc.yaml" && len(l.Files) < maxLiveFiles && size+len(b) <= maxLiveFolder:
			size += len(b)
			l.Files = append(l.Files, LiveFile{in, b})
		}
	}
	return l
}

// course splits the path of a metric's file into DVCLive's folder and the metric's name.
func course(name string) (dir, metric string, ok bool) {
	rest, ok := strings.CutSuffix(name, ".tsv")
	if !ok {
		return "", "", false
	}
	for _, part := range courses {
		if dir, metric, ok = strings.Cut(rest, "/"+part); ok {
			return dir, metric, true
		}
	}
	return "", "", false
}

func ownerOf(name string, folders map[string]bool) string {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if folders[dir] {
			return dir
		}
	}
	return ""
}

// liveFiles are the files of the commit that may be DVCLive's, and those of its folders
// that are in the cache.
func liveFiles(p *dvc.Project) map[string]dvc.Reader {
	contents, found := p.Contents(), map[string]dvc.Reader{}
	fs.WalkDir(contents.Tree(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil || d.IsDir() && (d.Name() == ".dvc" || d.Name() == ".git" || d.Name() == ".rondo"):
			return fs.SkipDir
		case d.Type().IsRegular():
			found[name] = func() ([]byte, error) { return p.Read(name) }
		}
		return nil
	})
	for _, o := range p.Tracked() {
		if strings.Contains("/"+o.Path+"/", "/dvclive/") || slices.Contains([]string{"plots", "metrics", "scalars", "artifacts"}, path.Base(o.Path)) {
			maps.Copy(found, contents.Recorded(o.Path))
		}
	}
	return found
}

func (l *Live) addParams(name string, b []byte) {
	values, err := doc.ReadParams(name, b)
	if err != nil {
		return
	}
	flat(values, "", l.Params)
}

// flat writes the leaves of a document under their dotted keys.
func flat(v any, key string, into map[string]string) {
	m, ok := v.(*doc.Map)
	if !ok {
		into[key] = told(v)
		return
	}
	for _, k := range m.Keys {
		flat(m.Value(k), strings.TrimPrefix(key+"."+k, "."), into)
	}
}

// told writes a param for a person: a list as Python shows it.
func told(v any) string {
	switch v.(type) {
	case []any, *doc.Map:
		return doc.Repr(v)
	}
	return doc.Text(v)
}

// readCourse reads a file of DVCLive: tabs between the columns step, the metric's name, and
// timestamp, in any order.
func readCourse(metric string, b []byte) LiveSeries {
	out := LiveSeries{Name: metric}
	in := csv.NewReader(strings.NewReader(string(b)))
	in.Comma, in.FieldsPerRecord, in.LazyQuotes = '\t', -1, true
	head, err := in.Read()
	if err != nil {
		return out
	}
	value := slices.IndexFunc(head, func(s string) bool { return s != "step" && s != "timestamp" })
	for len(out.Points) < maxLivePoints {
		row, err := in.Read()
		if err == io.EOF {
			break
		}
		if err != nil || value < 0 || value >= len(row) {
			continue
		}
		v, err := strconv.ParseFloat(row[value], 64)
		if err != nil {
			continue
		}
		pt := LivePoint{Value: v, Step: int64(len(out.Points))}
		for i, name := range head {
			if n, err := strconv.ParseInt(cell(row, i), 10, 64); err == nil && name == "step" {
				pt.Step = n
			} else if err == nil && name == "timestamp" {
				pt.Time = n
			}
		}
		out.Points = append(out.Points, pt)
	}
	return out
}

func cell(row []string, i int) string {
	if i < len(row) {
		return row[i]
	}
	return ""
}
