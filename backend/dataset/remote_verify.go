package dataset

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/ref"
	"rondo/backend/remote"
	"rondo/backend/store"
)

// VerifyRemote asks for what a remote has to be read.
type VerifyRemote struct {
	Remote string  `json:"remote,omitempty"` // empty: the only one
	Sample float64 `json:"sample,omitempty"` // percent of the objects, chosen by chance; 0: all
}

// VerifiedRemote is what that showed.
type VerifiedRemote struct {
	Remote    far.Remote   `json:"remote"`
	OK        bool         `json:"ok"`        // every snapshot that the remote lists has all its objects there, none of them known to be damaged
	Objects   int          `json:"objects"`   // read
	Resumed   int          `json:"resumed"`   // packs and files that an interrupted verification had read before
	Snapshots int          `json:"snapshots"` // whose objects were looked for
	Problems  []FarProblem `json:"problems"`
	Spare     []FarProblem `json:"spare"` // damaged copies that no snapshot there needs
}

// FarProblem is something damaged or missing on a remote.
type FarProblem struct {
	File    string       `json:"file"`    // on the remote; empty where it lists none
	Objects []ref.Digest `json:"objects"` // that are damaged or missing for it; some may be chunks of others
	Needs   []Need       `json:"needs"`
	Message string       `json:"message"`
	Hint    string       `json:"hint"`
}

// Need is a snapshot that needs an object.
type Need struct {
	Snapshot string   `json:"snapshot"` // as NAME@NUMBER
	Paths    []string `json:"paths"`    // of files that need it, some of them; none where its list of files is meant
	Count    int      `json:"count"`    // of all paths
}

// VerifyRemote reads every object of a remote, or a sample, and looks for all that the
// snapshots there stand on. What is damaged is remembered: RemoteStatus then tells of it, and
// Push sends it again. A verification that is interrupted goes on where it was.
func (s *Service) VerifyRemote(ctx context.Context, in VerifyRemote) (v VerifiedRemote, err error) {
	v.Problems, v.Spare = []FarProblem{}, []FarProblem{}
	if err := checkSample(in.Sample); err != nil {
		return v, err
	}
	f, err := s.remote(ctx, in.Remote, false)
	if err != nil {
		return v, err
	}
	defer f.Close()
	v.Remote = f.Remote
	if err := s.readRemote(ctx, f, in.Sample, &v); err != nil {
		return v, err
	}
	if err := s.judgeRemote(ctx, f, &v); err != nil {
		return v, err
	}
	if in.Sample == 0 {
		if err := os.Remove(s.farProgressPath(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return v, errs.Unwritten(progressName, err)
		}
	}
	return v, f.Remember()
}

// farProblem is a file on a remote that could not be read.
func farProblem(file string, err error) FarProblem {
	return FarProblem{File: file, Objects: []ref.Digest{}, Needs: []Need{}, Message: err.Error(), Hint: errs.HintOf(err)}
}

func (s *Service) farProgressPath(f *there) string {
	return filepath.Join(f.Cache(), progressName)
}

// readRemote reads the objects, but for packs and files that were read a short time ago.
func (s *Service) readRemote(ctx context.Context, f *there, percent float64, v *VerifiedRemote) (err error) {
	check, of := store.Check{Sample: percent / 100, Count: &store.Count{}}, &total{}
	check.Shut = func(file string, err error) { v.Problems = append(v.Problems, farProblem(file, err)) }
	if percent == 0 {
		path := s.farProgressPath(f)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return errs.Unwritten(path, err)
		}
		p, err := s.progress(path)
		if err != nil {
			return err
		}
		defer p.close()
		v.Resumed = len(p.done)
		check.Skip = func(name string) bool { return p.has(filepath.FromSlash(name)) }
		check.Done = p.add
		of.set(f.Objects.Totals())
	}
	defer s.follow("verify", "", check.Count, of)()
	v.Objects, err = f.Objects.Check(remote.WithNotice(ctx, of.told), check)
	return err
}
