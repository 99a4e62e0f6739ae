package dvc

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
)

// Inventory tells, for a person to look at, what DVC tracks in a folder. It changes
// nothing but what is remembered of files that were read.
type Inventory struct {
	Dir string // the project's folder, absolute

	reading sync.Mutex // of contents: two at once would only read them twice
}

// Overview is what DVC tracks in a project, as its files say it.
type Overview struct {
	Found     bool       `json:"found"`     // whether the folder is a DVC project at all
	Items     []Item     `json:"items"`     // in DVC's order
	Artifacts []Artifact `json:"artifacts"` // what its dvc.yaml files name as such
	Problems  []string   `json:"problems"`
}

// Item is one path that DVC tracks.
type Item struct {
	Path    string   `json:"path"`
	By      string   `json:"by"`               // the .dvc file, or the address of the stage
	Stage   bool     `json:"stage"`            // By is a stage
	Name    string   `json:"stage_name"`       // of the stage in Rondo's pipeline; empty for a .dvc file
	Kind    string   `json:"kind"`             // outs, metrics or plots
	Folder  bool     `json:"folder"`           // as recorded
	Hash    string   `json:"hash,omitempty"`   // md5, or md5-dos2unix: that of DVC 2
	MD5     string   `json:"md5,omitempty"`    // as recorded; empty where a stage has not run, or a cloud names it
	Size    *int64   `json:"size,omitempty"`   // bytes, as recorded
	Files   *int64   `json:"files,omitempty"`  // in a folder, as recorded
	NoCache bool     `json:"no_cache"`         // DVC keeps no content of it
	Remote  string   `json:"remote,omitempty"` // the one it goes to, where it is not the default
	Cloud   string   `json:"cloud,omitempty"`  // the remote that numbers its versions
	Desc    string   `json:"desc,omitempty"`
	Type    string   `json:"type,omitempty"`
	Labels  []string `json:"labels,omitempty"`
	Origin  *Origin  `json:"origin,omitempty"` // where imported data comes from
}

// States of an item's content beside what is recorded of it.
const (
	Unchanged  = "unchanged"
	Missing    = "missing"    // nothing lies there
	Unrecorded = "unrecorded" // nothing is recorded of it yet
	Versioned  = "versioned"  // recorded by the version that a cloud gave it, and has no hash
	Unreadable = "unreadable" // Problem says why
	Whole      = "whole"      // all of it is in the cache
	Partly     = "partly"
	Uncached   = "uncached" // DVC keeps no content of it
)

// ItemStatus compares what is recorded of an item with the folder and the cache.
type ItemStatus struct {
	Path    string `json:"path"`
	State   string `json:"state"` // unchanged, modified, missing, unrecorded, versioned or unreadable
	Cache   string `json:"cache"` // whole, partly, missing, uncached, unrecorded or versioned
	Lacks   int    `json:"lacks"` // objects that the cache does not have
	Problem string `json:"problem,omitempty"`
}

// Overview lists what is tracked. No content is read.
func (v *Inventory) Overview() (Overview, error) {
	out := Overview{Items: []Item{}, Artifacts: []Artifact{}, Problems: []string{}}
	p, err := v.open()
	if err != nil || p == nil {
		return out, err
	}
	defer p.Close()
	out.Found = true
	for _, problem := range p.Problems {
		out.Problems = append(out.Problems, problem.Error())
	}
	names := p.names()
	for _, o := range p.outs() {
		out.Items = append(out.Items, p.item(o, names))
	}
	out.Artifacts, err = p.Artifacts()
	if err != nil {
		out.Problems = append(out.Problems, err.Error())
	}
	return out, nil
}

// open opens the project; nil where the folder is none.
func (v *Inventory) open() (*Project, error) {
	info, err := os.Stat(filepath.Join(v.Dir, Dir))
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return nil, nil
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "look at %s", Dir)
	}
	return Open(v.Dir)
}

// names are the stages' names in Rondo's pipeline by their addresses.
func (p *Project) names() map[string]string {
	out := map[string]string{}
	for name, s := range p.Stages() {
		out[s.From] = name
	}
	return out
}

func (p *Project) item(o tracked, names map[string]string) Item {
	e := o.entry
	it := Item{
		Path: o.at, By: o.stage, Stage: !metafile.IsSingle(o.file), Kind: o.out.Kind, Folder: e.IsDir(), MD5: e.Sum(), Size: e.Size, Files: e.Files,
		NoCache: o.out.NoCache, Remote: o.out.Remote, Cloud: cloudOf(e), Desc: o.out.Desc, Type: o.out.Type, Labels: o.out.Labels,
	}
	if it.MD5 != "" {
		it.Hash = e.Hash
	}
	if it.Stage {
		it.Name = names[o.stage]
		return it
	}
	for _, f := range p.Singles {
		if f.Path == o.file {
			it.Origin = originOf(f.Single)
			if it.Desc == "" {
				it.Desc = f.Desc
			}
		}
	}
	return it
}

// cloudOf is the remote that numbers the versions of an entry, or of its first file.
func cloudOf(e metafile.Entry) string {
	if len(e.List) > 0 {
		return e.List[0].Cloud
	}
	return e.Cloud
}

// Status reads what lies in the folder, as far as it changed since it was last read, and
// looks for it in the cache.
func (v *Inventory) Status(ctx context.Context) ([]ItemStatus, error) {
	v.reading.Lock()
	defer v.reading.Unlock()
	out := []ItemStatus{}
	p, err := v.open()
	if err != nil || p == nil {
		return out, err
	}
	defer p.Close()
	for _, o := range p.outs() {
		st := p.itemStatus(ctx, o)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		out = append(out, st)
	}
	return out, nil
}

func (p *Project) itemStatus(ctx context.Context, o tracked) ItemStatus {
	e := o.entry
	e.MD5 = e.Sum()
	st := ItemStatus{Path: o.at}
	st.Cache, st.Lacks = p.cached(o, e)
	now, err := p.look(ctx, o.at, e.Hash)
	switch {
	case err != nil:
		st.State, st.Problem = Unreadable, err.Error()
	case e.MD5 == "":
		st.State = unnamed(e)
	case now.sum == "":
		st.State = Missing
	case now.sum == e.MD5:
		st.State = Unchanged
	default:
		st.State = Modified
	}
	return st
}

// unnamed says why an entry has no hash.
func unnamed(e metafile.Entry) string {
	if e.ETag+e.VersionID+e.Checksum != "" || len(e.List) > 0 {
		return Versioned
	}
	return Unrecorded
}

// cached looks for an entry's objects in the cache.
func (p *Project) cached(o tracked, e metafile.Entry) (word string, lacks int) {
	switch {
	case o.out.NoCache:
		return Uncached, 0
	case e.MD5 == "":
		return unnamed(e), 0
	}
	files, err := p.filesOf(e)
	if err != nil {
		return Missing, 1
	}
	for _, f := range files {
		if _, err := os.Stat(p.Cache.Path(e.Hash, f.MD5)); err != nil {
			lacks++
		}
	}
	switch {
	case lacks == 0:
		return Whole, 0
	case lacks == len(files):
		return Missing, lacks
	}
	return Partly, lacks
}

// ItemDetail is one item with its files.
type ItemDetail struct {
	Item
	Status ItemStatus `json:"status"`
	Listed []ItemFile `json:"listed"` // of a folder: recorded or there, by path
	More   int        `json:"more"`   // files beyond those listed
	Text   string     `json:"text"`   // of the .dvc file; empty for a stage
}

// ItemFile is a file of a folder.
type ItemFile struct {
	Path   string `json:"path"`
	MD5    string `json:"md5,omitempty"`  // as recorded; of an added one, as it is
	Size   *int64 `json:"size,omitempty"` // bytes; of what lies there
	State  string `json:"state"`          // unchanged, modified, missing or new
	Cached bool   `json:"cached"`
}

const maxListed = 2000 // files of one answer

// Item tells all of one path.
func (v *Inventory) Item(ctx context.Context, at string) (ItemDetail, error) {
	v.reading.Lock()
	defer v.reading.Unlock()
	unknown := errs.New(errs.NotFound, "DVC tracks no %.200q here", at).WithHint("`rondo data list` shows what it tracks")
	p, err := v.open()
	if err != nil {
		return ItemDetail{}, err
	}
	if p == nil {
		return ItemDetail{}, unknown
	}
	defer p.Close()
	for _, o := range p.outs() {
		if o.at == path.Clean(at) {
			return p.detail(ctx, o)
		}
	}
	return ItemDetail{}, unknown
}

func (p *Project) detail(ctx context.Context, o tracked) (ItemDetail, error) {
	d := ItemDetail{Item: p.item(o, p.names()), Status: p.itemStatus(ctx, o), Listed: []ItemFile{}}
	if ctx.Err() != nil {
		return d, ctx.Err()
	}
	if !d.Stage {
		b, err := p.Read(o.file)
		if err != nil {
			return d, err
		}
		d.Text = strings.ToValidUTF8(string(b), "\uFFFD")
	}
	now, _ := p.look(ctx, o.at, o.entry.Hash) // what is wrong with it is told by its state
	if o.entry.IsDir() || now.dir {
		d.Listed = p.listed(o, now)
		d.More = max(0, len(d.Listed)-maxListed)
		d.Listed = d.Listed[:len(d.Listed)-d.More]
	}
	return d, nil
}
