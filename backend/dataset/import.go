package dataset

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"rondo/backend/errs"
)

// Origin is where a snapshot's content was imported from.
type Origin struct {
	URL      string    `json:"url,omitempty"` // without a password
	ETag     string    `json:"etag,omitempty"`
	Modified string    `json:"last_modified,omitempty"` // as the server wrote it
	Inside   bool      `json:"inside,omitempty"`        // addresses of this computer and its network were allowed
	Project  string    `json:"project,omitempty"`       // id of another project
	Folder   string    `json:"folder,omitempty"`        // where that project was
	Dataset  string    `json:"dataset,omitempty"`       // and its dataset there
	Snapshot string    `json:"snapshot,omitempty"`      // and the snapshot's id
	Number   int       `json:"number,omitempty"`
	At       time.Time `json:"at"`
}

// Import asks for data from elsewhere.
type Import struct {
	From     string `json:"from"`               // http(s) URL, or the full path of another project's folder
	Snapshot string `json:"snapshot,omitempty"` // of another project: NAME or NAME@NUMBER
	Name     string `json:"name,omitempty"`     // of the dataset here
	Path     string `json:"path,omitempty"`     // in the project; empty: data/ and the file's name
	Update
}

// Update is what a person may say about fetching.
type Update struct {
	MaxBytes int64 `json:"max_bytes,omitempty"` // 0: 10 GiB
	Inside   bool  `json:"inside,omitempty"`    // also addresses of this computer and its network
	Force    bool  `json:"force,omitempty"`     // overwrite work that no snapshot has
}

// Imported says what came of it.
type Imported struct {
	Snapshot Snapshot `json:"snapshot"`
	New      bool     `json:"new"`     // the origin had something that no snapshot had
	Resumed  int64    `json:"resumed"` // bytes that an interrupted import had brought
}

const usualMaxBytes = 10 << 30

// Import brings data into the project and takes its first snapshot, which says where it
// came from.
func (s *Service) Import(ctx context.Context, in Import) (Imported, error) {
	if filepath.IsAbs(in.From) {
		return s.importProject(ctx, in)
	}
	u, err := checkURL(in.From)
	if err != nil {
		return Imported{}, err
	}
	if in.Path == "" {
		in.Path = "data/" + fileName(u)
	}
	at, err := cleanPath(in.Path)
	if err != nil {
		return Imported{}, err
	}
	if in.Name == "" {
		in.Name = strings.TrimSuffix(path.Base(at), path.Ext(at))
	}
	if err := checkName(in.Name); err != nil {
		return Imported{}, err
	}
	begun, err := s.mayImport(ctx, in.Name, at)
	if err != nil {
		return Imported{}, err
	}
	got, err := s.download(ctx, u, Origin{}, in.Update)
	if err != nil {
		return Imported{}, err
	}
	if begun && s.equal(got.file, at) {
		os.Remove(got.file)
		return s.imported(ctx, in.Name, got)
	}
	if _, err := s.root.Lstat(at); err == nil {
		return Imported{}, isThere(at)
	}
	if err := s.declare(ctx, in.Name, Setting{Path: at}); err != nil {
		return Imported{}, err
	}
	if err := s.place(got.file, at); err != nil {
		return Imported{}, err
	}
	return s.imported(ctx, in.Name, got)
}

// mayImport refuses a name or a place that is taken. Begun is a dataset without a snapshot, as an
// import leaves it that was cut off at its end.
func (s *Service) mayImport(ctx context.Context, name, at string) (begun bool, err error) {
	d, err := s.Get(ctx, name)
	if begun = err == nil && d.Latest == nil && d.Path == at; begun {
		return true, nil
	}
	if _, err := s.root.Lstat(at); err == nil {
		return false, isThere(at)
	}
	if err == nil {
		return false, errs.New(errs.Conflict, "there is a dataset called %q already", name).WithHint("choose another name (--name), or: rondo data update %s", name)
	}
	return false, nil
}

func isThere(at string) error {
	return errs.New(errs.Conflict, "%s is there already", at).WithHint("choose another place (--to), or update the dataset that it belongs to: rondo data update NAME")
}

// equal reports whether a file that was fetched is what lies in the project already.
func (s *Service) equal(file, at string) bool {
	fi, err := s.root.Lstat(at)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() != sizeOf(file) {
		return false
	}
	there, came := sha256.New(), sha256.New()
	return hashFile(there, s.root, at) == nil && hashFile(came, s.root, path.Join(tmpDir, filepath.Base(file))) == nil &&
		bytes.Equal(there.Sum(nil), came.Sum(nil))
}

func hashFile(h io.Writer, root *os.Root, name string) error {
	f, err := root.Open(filepath.FromSlash(name))
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(h, f)
	return err
}

func (s *Service) imported(ctx context.Context, name string, got downloaded) (Imported, error) {
	before, _ := s.Find(ctx, name)
	snap, err := s.Snapshot(ctx, name, Take{Message: "Imported from " + got.origin.URL, origin: &got.origin})
	return Imported{Snapshot: snap, New: snap.ID != before.ID, Resumed: got.resumed}, err
}

// place moves a file that was fetched to where it belongs in the project.
func (s *Service) place(file, at string) error {
	if err := s.root.MkdirAll(path.Dir(at), 0o755); err != nil {
		return errs.Unwritten(at, err)
	}
	inside := path.Join(tmpDir, filepath.Base(file))
	if err := s.root.Rename(inside, at); err != nil {
		return errs.Unwritten(at, err)
	}
	return nil
}

// Update asks the origin of a dataset's latest snapshot anew.
func (s *Service) Update(ctx context.Context, name string, in Update) (Imported, error) {
	snap, err := s.origin(ctx, name)
	if err != nil {
		return Imported{}, err
	}
	o := *snap.Origin
	if !in.Force {
		st, err := s.Status(ctx, name)
		if err != nil {
			return Imported{}, err
		}
		if len(st.Changed)+len(st.Added)+len(st.Removed) > 0 {
			return Imported{}, errs.New(errs.Conflict, "%s holds work that no snapshot has", st.Path).
				WithHint("take a snapshot first: rondo data snapshot %s; or overwrite it: rondo data update %s --force", name, name)
		}
	}
	if o.Project != "" {
		return s.updateProject(ctx, name, snap, in)
	}
	u, err := checkURL(o.URL)
	if err != nil {
		return Imported{}, err
	}
	in.Inside = in.Inside || o.Inside
	got, err := s.download(ctx, u, o, in)
	if err != nil || got.same {
		return Imported{Snapshot: snap}, err
	}
	d, err := s.Get(ctx, name)
	if err != nil {
		return Imported{}, err
	}
	if err := s.place(got.file, d.Path); err != nil {
		return Imported{}, err
	}
	return s.imported(ctx, name, got)
}

// origin returns the newest snapshot that came from elsewhere.
func (s *Service) origin(ctx context.Context, name string) (Snapshot, error) {
	list, err := s.Snapshots(ctx, name)
	if err != nil {
		return Snapshot{}, err
	}
	for _, snap := range list {
		if snap.Origin != nil {
			return snap, nil
		}
	}
	return Snapshot{}, errs.New(errs.Precondition, "%s was not imported from anywhere", name).WithHint("`rondo data import URL` makes a dataset that knows its origin")
}

// checkURL reads an address of the web. Those with a password in them would be written down.
func checkURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, errs.New(errs.Invalid, "%.200q is neither an http(s) URL nor the full path of another project", text).WithHint("write https://HOST/FILE or /path/of/project NAME@NUMBER")
	}
	if u.User != nil {
		return nil, errs.New(errs.Invalid, "the URL holds a name or password, which would stand in the project's records").WithHint("fetch the file yourself and `rondo data add` it")
	}
	u.Fragment = ""
	return u, nil
}

// fileName is the last part of a URL's path, as a name that every system can hold.
func fileName(u *url.URL) string {
	name := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, path.Base(u.Path))
	if name = strings.Trim(name, ". "); name == "" || name == "_" {
		return "download"
	}
	return name
}
