package run

import (
	"context"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// An artifact may come in parts, over several connections at once. Each upload has a
// folder beside the files that are not whole yet. A part's file is named by its number
// and the digest of its content, so that a part sent twice is there once, and the one
// that is meant is the one that is taken.

// maxParts is how many parts an artifact may have; S3 has the same limit.
const maxParts = 10_000

// nameFile of an upload's folder says which artifact the upload is to become.
const nameFile = "name"

// Part names a part of an upload.
type Part struct {
	Number int        // from 1
	Digest ref.Digest // of its content
}

func (p Part) file() string { return fmt.Sprintf("%d-%s", p.Number, p.Digest) }

// BeginParts begins an upload in parts and returns its id. Nothing of it shows until
// CompleteParts; what nobody completes goes after a day.
func (s *Service) BeginParts(ctx context.Context, owner, name string) (string, error) {
	if err := checkPath(name); err != nil {
		return "", err
	}
	root, err := s.folder(ctx, owner, true)
	if err != nil {
		return "", err
	}
	defer root.Close()
	s.tidy(root)
	id := ref.NewID()
	if err := root.MkdirAll(path.Join(incomingDir, id), 0o755); err != nil {
		return "", diskError(err)
	}
	if err := root.WriteFile(path.Join(incomingDir, id, nameFile), []byte(name), 0o644); err != nil {
		return "", diskError(err)
	}
	return id, nil
}

// upload opens the folder of an upload.
func (s *Service) upload(ctx context.Context, owner, name, id string) (root *os.Root, dir string, err error) {
	if err := checkID("upload", id); err != nil {
		return nil, "", err
	}
	if root, err = s.folder(ctx, owner, true); err != nil {
		return nil, "", err
	}
	dir = path.Join(incomingDir, id)
	if b, err := root.ReadFile(path.Join(dir, nameFile)); err != nil || string(b) != name {
		root.Close()
		return nil, "", errs.New(errs.NotFound, "there is no upload %.80q of %.200q for %s", id, name, owner).WithHint("it was completed or aborted, or began more than a day ago: send the file again")
	}
	return root, dir, nil
}

// PutPart takes one part; a part that is cut leaves nothing.
func (s *Service) PutPart(ctx context.Context, owner, name, id string, number int, r io.Reader) (p Part, err error) {
	if number < 1 || number > maxParts {
		return p, errs.New(errs.Invalid, "part %d: parts have numbers from 1 to %d", number, maxParts)
	}
	root, dir, err := s.upload(ctx, owner, name, id)
	if err != nil {
		return p, err
	}
	defer root.Close()
	temp := path.Join(dir, ref.NewID())
	defer root.Remove(temp)
	hash := ref.NewHash()
	if err := s.receive(ctx, root, temp, io.TeeReader(r, hash)); err != nil {
		return p, err
	}
	p = Part{number, ref.Sum(hash)}
	return p, outside(root.Rename(temp, path.Join(dir, p.file())), owner, name)
}

// CompleteParts makes the artifact of its parts, in the order of their numbers.
func (s *Service) CompleteParts(ctx context.Context, owner, name, id string, parts []Part) (File, error) {
	root, dir, err := s.upload(ctx, owner, name, id)
	if err != nil {
		return File{}, err
	}
	defer root.Close()
	if len(parts) == 0 || len(parts) > maxParts {
		return File{}, errs.New(errs.Invalid, "an upload has 1 to %d parts, not %d", maxParts, len(parts))
	}
	for i, p := range parts {
		if i > 0 && p.Number <= parts[i-1].Number {
			return File{}, errs.New(errs.Invalid, "part %d comes after part %d", p.Number, parts[i-1].Number).WithHint("name every part once, in the order of their numbers")
		}
		if _, err := root.Lstat(path.Join(dir, p.file())); err != nil {
			return File{}, errs.New(errs.Invalid, "part %d with the digest %s was not sent", p.Number, p.Digest.Short()).WithHint("send it, or name it as the answer to it did")
		}
	}
	temp := path.Join(incomingDir, ref.NewID())
	defer root.Remove(temp)
	all := &joined{root: root, dir: dir, parts: parts}
	defer all.close()
	leave, err := s.take(ctx, root, name, temp, all)
	if err != nil {
		return File{}, err
	}
	defer leave()
	f, err := s.place(root, temp, owner, name)
	if err == nil {
		err = outside(root.RemoveAll(dir), owner, name)
	}
	return f, err
}

// AbortParts forgets an upload with all that has come of it.
func (s *Service) AbortParts(ctx context.Context, owner, name, id string) error {
	root, dir, err := s.upload(ctx, owner, name, id)
	if err != nil {
		return err
	}
	defer root.Close()
	return outside(root.RemoveAll(dir), owner, name)
}

// joined reads parts one after the other.
type joined struct {
	root  *os.Root
	dir   string
	parts []Part
	now   fs.File
	of    Part // what is read now
	sum   hash.Hash
}

func (j *joined) Read(b []byte) (int, error) {
	for {
		if j.now == nil {
			if len(j.parts) == 0 {
				return 0, io.EOF
			}
			f, err := j.root.Open(path.Join(j.dir, j.parts[0].file()))
			if err != nil {
				return 0, err
			}
			j.now, j.of, j.parts, j.sum = f, j.parts[0], j.parts[1:], ref.NewHash()
		}
		n, err := j.now.Read(b)
		j.sum.Write(b[:n])
		if n > 0 || err != io.EOF {
			return n, err
		}
		if ref.Sum(j.sum) != j.of.Digest {
			return 0, errs.New(errs.Corrupt, "part %d is not what was sent", j.of.Number).WithHint("the disk has damaged it: send the file again")
		}
		j.close()
	}
}

func (j *joined) close() {
	if j.now != nil {
		j.now.Close()
		j.now = nil
	}
}

// ParsePart reads a part's digest as a sender repeats it, perhaps in quotes.
func ParsePart(number int64, tag string) (p Part, err error) {
	if p.Digest, err = ref.Parse(strings.Trim(tag, `"`)); err != nil || number < 1 || number > maxParts {
		return p, errs.New(errs.Invalid, "part %d has the tag %.80q, which is none of the answers to a part", number, tag)
	}
	p.Number = int(number)
	return p, nil
}
