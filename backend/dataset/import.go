package dataset

import (
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
	"rondo/backend/fault"
	"rondo/backend/ref"
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
		s.dropPlaced(u)
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
	if err := s.place(got, at); err != nil {
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
	there, err1 := s.sum(at)
	came, err2 := s.sum(path.Join(tmpDir, filepath.Base(file)))
	return err1 == nil && err2 == nil && there == came
}

// sum is what a file of the project holds.
func (s *Service) sum(name string) (ref.Digest, error) {
	f, err := s.root.Open(filepath.FromSlash(name))
	if err != nil {
		return ref.Digest{}, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return ref.Digest(h.Sum(nil)), err
}

func (s *Service) imported(ctx context.Context, name string, got downloaded) (Imported, error) {
	before, _ := s.Find(ctx, name)
	snap, err := s.Snapshot(ctx, name, Take{Message: "Imported from " + got.origin.URL, origin: &got.origin})
	if err == nil {
		os.Remove(got.file + partSuffix) // one that is left where the program is killed here goes with dropPlaced
	}
	return Imported{Snapshot: snap, New: snap.ID != before.ID, Resumed: got.resumed}, err
}

// place moves a file that was fetched to where it belongs in the project. That it is one is
// noted before, so that it is not taken for a person's work where the program is killed then.
func (s *Service) place(got downloaded, at string) error {
	inside := path.Join(tmpDir, filepath.Base(got.file))
	sum, err := s.sum(inside)
	if err == nil {
		err = s.notePart(got.file, part{got.origin.URL, got.origin.ETag, got.origin.Modified, sum})
	}
	if err != nil {
		return errs.Unwritten(inside, err)
	}
	if err := s.root.MkdirAll(path.Dir(at), 0o755); err != nil {
		return errs.Unwritten(at, err)
	}
	if err := s.root.Rename(inside, at); err != nil {
		return errs.Unwritten(at, err)
	}
	fault.Point("dataset.placed")
	return nil
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
