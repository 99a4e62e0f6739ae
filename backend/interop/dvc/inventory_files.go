package dvc

import (
	"maps"
	"net/url"
	"os"
	"slices"

	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// listed are the files of a folder that are recorded or lie there.
func (p *Project) listed(o tracked, now sight) []ItemFile {
	e := o.entry
	e.MD5 = e.Sum()
	recorded, _ := p.filesOf(e) // where the cache has no list nothing is known
	if !e.IsDir() {
		recorded = nil
	}
	all := map[string]ItemFile{}
	for _, f := range recorded {
		_, err := os.Stat(p.Cache.Path(e.Hash, f.MD5))
		all[f.Path] = ItemFile{Path: f.Path, MD5: f.MD5, State: Missing, Cached: err == nil && !o.out.NoCache}
	}
	for _, f := range now.files {
		one, had := all[f.Path]
		switch size := f.Size; {
		case !had:
			one = ItemFile{Path: f.Path, MD5: f.MD5, State: New, Size: &size}
		case one.MD5 == f.MD5:
			one.State, one.Size = Unchanged, &size
		default:
			one.State, one.Size = Modified, &size
		}
		all[f.Path] = one
	}
	out := make([]ItemFile, 0, len(all))
	for _, at := range slices.Sorted(maps.Keys(all)) {
		out = append(out, all[at])
	}
	return out
}

// Kinds of Origin.
const (
	FromRepository = "repository" // another DVC or git repository
	FromAddress    = "address"    // a file or folder elsewhere
	FromQuery      = "query"      // a database
)

// Origin is where DVC imported data from.
type Origin struct {
	Kind   string `json:"kind"`
	URL    string `json:"url,omitempty"` // of the repository or the data; a password in it is left out
	Path   string `json:"path,omitempty"`
	Rev    string `json:"rev,omitempty"`    // branch, tag or commit that was asked for
	Commit string `json:"commit,omitempty"` // the one that it was
	ETag   string `json:"etag,omitempty"`
	Query  string `json:"query,omitempty"` // or the table
	Frozen bool   `json:"frozen"`          // an update asks for it, and a repro does not
}

// originOf tells where a .dvc file's data was imported from; nil where it was added here.
func originOf(s *metafile.Single) *Origin {
	if !s.Import() {
		return nil
	}
	d := s.Deps[0]
	o := &Origin{Kind: FromAddress, URL: redacted(d.Path), ETag: d.ETag, Frozen: s.Frozen}
	if d.Repo != nil {
		o = &Origin{Kind: FromRepository, URL: redacted(d.Repo.URL), Path: d.Path, Rev: d.Repo.Rev, Commit: d.Repo.RevLock, Frozen: s.Frozen}
	}
	if db, ok := d.DB.(*doc.Map); ok {
		o = &Origin{Kind: FromQuery, Frozen: s.Frozen}
		for _, key := range []string{"query", "table"} {
			if v, _ := db.Get(key); v != nil && o.Query == "" {
				o.Query = doc.Text(v)
			}
		}
		if v, _ := db.Get("connection"); v != nil {
			o.URL = redacted(doc.Text(v))
		}
	}
	return o
}

// redacted leaves a password out of an address.
func redacted(at string) string {
	if u, err := url.Parse(at); err == nil && u.User != nil {
		return u.Redacted()
	}
	return at
}
