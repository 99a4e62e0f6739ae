package dataset

import (
	"context"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/index"
)

// Add puts a path inside the project under version control.
func (s *Service) Add(ctx context.Context, name, at, desc string) (Dataset, error) {
	d, err := s.addable(name, at, desc)
	if err == nil {
		err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return addedBy(tx, &d) })
	}
	if err == nil && !d.known {
		err = s.added(ctx, d.Dataset)
	}
	if err != nil {
		return Dataset{}, err
	}
	return s.Get(ctx, d.Name)
}

// AddTaking is Add with the first snapshot. Where that is refused, nothing is added.
func (s *Service) AddTaking(ctx context.Context, name, at, desc string, in Take) (Snapshot, error) {
	d, err := s.addable(name, at, desc)
	if err == nil {
		err = s.opts.Ledger.View(ctx, func(tx *index.Tx) error { return addedBy(tx, &d) })
	}
	if err != nil {
		return Snapshot{}, err
	}
	if !d.known {
		in.add = func() error { return s.added(ctx, d.Dataset) }
	}
	return s.snapshot(ctx, d.Dataset, in)
}

// addition is a dataset that is to be added, unless it is known already.
type addition struct {
	Dataset
	known bool
}

// addable looks whether a path can be a dataset.
func (s *Service) addable(name, at, desc string) (d addition, err error) {
	if at, err = cleanPath(at); err != nil {
		return d, err
	}
	if name == "" {
		name = strings.TrimSuffix(path.Base(at), path.Ext(at))
	}
	if err := checkName(name); err != nil {
		return d, err
	}
	_, err = s.single(at)
	return addition{Dataset: Dataset{Name: name, Path: at, Desc: desc}}, err
}

// addedBy refuses a dataset that is there, unless its first snapshot could not be taken and is asked for again.
func addedBy(tx *index.Tx, d *addition) error {
	now, err := setRow(tx, d.Name)
	if err != nil {
		return overlap(tx, d.Name, d.Path)
	}
	if now.Path != d.Path || now.Latest != nil || d.Desc != "" && d.Desc != now.Desc {
		return errs.New(errs.Conflict, "there is a dataset called %q already, which is %s", d.Name, now.Path).WithHint("%s", otherwise(now, d.Path))
	}
	d.Dataset, d.known = now, true
	return nil
}

// otherwise is what to do in place of adding a path under the name of a dataset that is there.
func otherwise(known Dataset, path string) string {
	if known.Path == path {
		return "take a snapshot of it: rondo data snapshot " + known.Name
	}
	return "choose another name: rondo data add --name NAME " + path
}

// added records that a dataset is there.
func (s *Service) added(ctx context.Context, d Dataset) error {
	_, err := s.opts.Ledger.Do(ctx, "dataset.add", d.Name, func(tx *index.Tx) (any, error) {
		return set{d.Path, d.Desc}, addedBy(tx, &addition{Dataset: d})
	})
	return err
}

// Sync takes over what rondo.yaml declares. Datasets that it does not name stay, and
// a path that does not exist yet is no mistake: a stage may be about to write it. One that
// cannot be taken keeps no other back; the error tells of the first.
func (s *Service) Sync(ctx context.Context, settings map[string]Setting) (first error) {
	s.setRules(settings)
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if err := s.declare(ctx, name, settings[name]); err != nil && first == nil {
			hint := errs.HintOf(err)
			if errs.Is(err, errs.Conflict) {
				hint = "in rondo.yaml call it by that name, or give it another path; or let go of the other: rondo data remove NAME"
			}
			first = errs.New(errs.KindOf(err), "dataset %s: %w", name, err).WithHint("%s", hint)
		}
	}
	return first
}

func (s *Service) declare(ctx context.Context, name string, in Setting) error {
	at, err := cleanPath(in.Path)
	if err == nil {
		err = checkName(name)
	}
	if err != nil {
		return err
	}
	kind := "dataset.add"
	if d, err := s.known(ctx, name); err == nil {
		if d.Path == at && d.Desc == in.Desc {
			return nil
		}
		kind = "dataset.change"
	} else if !notFound(err) {
		return err
	}
	_, err = s.opts.Ledger.Do(ctx, kind, name, func(tx *index.Tx) (any, error) {
		return set{at, in.Desc}, overlap(tx, name, at)
	})
	return err
}

const maxName = 100

func checkName(name string) error {
	switch {
	case strings.TrimSpace(name) == "" || len(name) > maxName:
		return errs.New(errs.Invalid, "%.120q cannot be a dataset's name, which has 1 to %d bytes and not %d", name, maxName, len(name)).
			WithHint("name it with --name; the path can stay")
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || strings.ContainsRune(`/\@:`, r) }):
		return errs.New(errs.Invalid, "%q cannot be a dataset's name", name).WithHint("use letters, digits, - _ and .")
	}
	return nil
}

// cleanPath keeps paths inside the project, and out of what is Rondo's or git's own.
func cleanPath(at string) (string, error) {
	at = path.Clean(filepath.ToSlash(at))
	first, _, _ := strings.Cut(at, "/")
	switch {
	case at == ".":
		return "", errs.New(errs.Invalid, "the project's folder as a whole cannot be a dataset: what belongs to git and to Rondo lies in it").WithHint("name the files and folders of it that are data")
	case !fs.ValidPath(at) || !filepath.IsLocal(filepath.FromSlash(at)):
		return "", errs.New(errs.Invalid, "%.200q is no path inside the project", at).WithHint("give the path of a file or folder, relative to the project folder")
	case first == ".rondo" || first == ".git":
		return "", errs.New(errs.Invalid, "%s is not data: it belongs to %s", at, strings.TrimPrefix(first, "."))
	case at == "rondo.yaml" || at == "rondo.lock" || path.Base(at) == ".gitignore":
		return "", errs.New(errs.Invalid, "%s is not data: it belongs into git, and a dataset is kept out of it", at).WithHint("git add %s", at)
	case strings.ContainsAny(at, "\r\n"):
		return "", errs.New(errs.Invalid, "%q holds a line break", at)
	case strings.HasSuffix(at, pointerSuffix):
		return "", errs.New(errs.Invalid, "%s is a pointer to data, not data", at).WithHint("add %s", strings.TrimSuffix(at, pointerSuffix))
	}
	return at, nil
}

// overlap refuses a path that another dataset has, or that is in or around one.
func overlap(tx *index.Tx, name, at string) error {
	rows, err := tx.Query("SELECT name, path FROM dataset_sets WHERE name<>? AND "+notRemoved, name)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var other, theirs string
		if err := rows.Scan(&other, &theirs); err != nil {
			return err
		}
		if at == theirs {
			return errs.New(errs.Conflict, "%s is the dataset %s already", at, other).WithHint("take a snapshot of it: rondo data snapshot %s", other)
		}
		if overlaps(at, theirs) {
			return errs.New(errs.Conflict, "%s belongs to the dataset %s, whose path is %s", at, other, theirs).
				WithHint("snapshot that one, or choose paths that do not contain each other")
		}
	}
	return rows.Err()
}

// overlaps reports whether two paths are one, or one lies in the other.
func overlaps(a, b string) bool {
	return a == b || strings.HasPrefix(a, b+"/") || strings.HasPrefix(b, a+"/")
}

// single reports whether the path is one file. What is neither file nor folder, or
// lies outside of the project by way of a link, is refused.
func (s *Service) single(at string) (bool, error) {
	fi, err := s.root.Lstat(at)
	switch {
	case err == nil && fi.Mode().IsRegular():
		return true, nil
	case err == nil && fi.IsDir():
		return false, nil
	case err == nil && fi.Mode()&fs.ModeSymlink != 0:
		return false, errs.New(errs.Invalid, "%s is a link, neither a file nor a folder", at).WithHint("replace the link by what it points to")
	case err == nil:
		return false, errs.New(errs.Invalid, "%s is neither a file nor a folder", at).WithHint("pipes, sockets and devices hold nothing that can be kept: put the data into a file")
	case missing(err):
		return false, errs.New(errs.NotFound, "%s does not exist", at).WithHint("check the path, which is told from the project folder on")
	}
	return false, errs.New(errs.Invalid, "%s cannot be used: %w", at, err)
}
