package dataset

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/store"
)

// VerifyAll asks for all objects of the project to be read.
type VerifyAll struct {
	Sample float64 `json:"sample,omitempty"` // percent of the objects, chosen by chance; 0: all
}

// Verified is what that showed.
type Verified struct {
	OK       bool      `json:"ok"`
	Objects  int       `json:"objects"` // read
	Resumed  int       `json:"resumed"` // files that an interrupted verification had read before
	Missing  int       `json:"missing"` // that snapshots stand on and that are not here; not looked for by a sample
	Problems []Problem `json:"problems"`
}

const (
	progressName = "verified"     // in the device's folder: the files that are read already
	progressAge  = 24 * time.Hour // after which they are read again
)

// VerifyAll reads every object, or a sample; all of them are also looked for that snapshots
// stand on. One that is interrupted goes on where it was.
func (s *Service) VerifyAll(ctx context.Context, in VerifyAll) (v Verified, err error) {
	v.Problems = []Problem{}
	if err := checkSample(in.Sample); err != nil {
		return v, err
	}
	check := store.Check{Sample: in.Sample / 100}
	if in.Sample == 0 {
		p, err := s.progress(s.progressPath())
		if err != nil {
			return v, err
		}
		defer p.close()
		v.Resumed = len(p.done)
		check.Skip, check.Done = p.has, p.add
	}
	check.Count = &store.Count{}
	of := &total{}
	if in.Sample == 0 {
		of.set(s.opts.Store.Totals())
	}
	defer s.follow("verify", "", check.Count, of)()
	damaged := map[ref.Digest]Problem{}
	v.Objects, err = s.opts.Store.Check(ctx, check, func(i store.Info, err error) {
		p := Problem{File: filepath.ToSlash(i.File), Message: err.Error(), Hint: errs.HintOf(err)}
		if _, twice := damaged[i.Digest]; twice || i.Digest.IsZero() {
			v.Problems = append(v.Problems, p)
			return
		}
		damaged[i.Digest] = p
	})
	if err == nil {
		err = s.nameNeeds(ctx, damaged)
	}
	v.Problems = slices.AppendSeq(v.Problems, maps.Values(damaged))
	if err == nil && in.Sample == 0 {
		err = s.addMissing(ctx, &v)
	}
	if err != nil {
		return v, err
	}
	slices.SortFunc(v.Problems, func(a, b Problem) int { return strings.Compare(a.File+a.Message, b.File+b.Message) })
	v.OK = len(v.Problems) == 0
	if in.Sample == 0 {
		err = os.Remove(s.progressPath())
	}
	return v, err
}

// addMissing names what snapshots stand on and nothing here has. What is damaged is named already.
func (s *Service) addMissing(ctx context.Context, v *Verified) error {
	k := &sick{missing: map[ref.Digest]Problem{}}
	if err := s.findMissing(ctx, k); err != nil {
		return err
	}
	v.Missing = len(k.missing)
	v.Problems = slices.AppendSeq(v.Problems, maps.Values(k.missing))
	return nil
}

func checkSample(percent float64) error {
	if percent < 0 || percent > 100 {
		return errs.New(errs.Invalid, "a sample of %g %% cannot be taken", percent).WithHint("give more than 0 and at most 100")
	}
	return nil
}

func (s *Service) progressPath() string { return filepath.Join(s.opts.Device, progressName) }

// progress is the list of files that a verification has found intact. Files of objects
// never change, so that it does not matter who changes what meanwhile.
type progress struct {
	f    *os.File
	done map[string]bool
}

func (s *Service) progress(path string) (*progress, error) {
	p := &progress{done: map[string]bool{}}
	if fi, err := os.Stat(path); err == nil && s.opts.Now().Sub(fi.ModTime()) > progressAge {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errs.Unwritten(path, err)
		}
	}
	b, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for line := range strings.Lines(string(b)) {
		if name, whole := strings.CutSuffix(line, "\n"); whole {
			p.done[filepath.FromSlash(name)] = true
		}
	}
	p.f, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	return p, errs.Unwritten(path, err)
}

func (p *progress) has(file string) bool { return p.done[file] }

// add notes a file. If that fails, it is read again, no more.
func (p *progress) add(file string, intact bool) {
	if intact {
		_, _ = p.f.WriteString(filepath.ToSlash(file) + "\n")
	}
}

func (p *progress) close() { p.f.Close() }
