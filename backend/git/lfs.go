package git

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"rondo/backend/errs"
)

// A file that Git LFS keeps is in the commit as a few lines that name its content.
// See the specification of Git LFS, version 1.
type lfsPointer struct {
	oid  string // SHA-256 in hex
	size int64
}

const maxPointer = 1024 // bytes, as the specification has it

func parsePointer(text string) (p lfsPointer, ok bool) {
	if len(text) > maxPointer || !strings.HasPrefix(text, "version https://git-lfs.github.com/spec/v1\n") {
		return p, false
	}
	for line := range strings.SplitSeq(text, "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "oid":
			p.oid = strings.TrimPrefix(value, "sha256:")
		case "size":
			p.size, _ = strconv.ParseInt(value, 10, 64)
		}
	}
	b, err := hex.DecodeString(p.oid)
	return p, err == nil && len(b) == sha256.Size
}

// sameLFS compares a file with what its pointer in the commit names.
func (c *comparison) sameLFS(f io.ReadSeeker, size int64, want plumbing.Hash) (bool, error) {
	text, _, err := c.repo.blob(want)
	if err != nil {
		return false, err
	}
	p, ok := parsePointer(text)
	if !ok || p.size != size {
		return false, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return false, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return false, err
	}
	return fmt.Sprintf("%x", h.Sum(nil)) == p.oid, nil
}

// large writes what the pointer names, where this copy of the repository has it, and
// the pointer where not.
func (e *export) large(name, mode string, in io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(in, maxPointer+1))
	if err != nil {
		return unreadable(err)
	}
	p, ok := parsePointer(string(text))
	if !ok {
		return e.write(name, mode, bytes.NewReader(text))
	}
	f, err := os.Open(filepath.Join(commonOf(e.repo.gitDir), "lfs", "objects", p.oid[:2], p.oid[2:4], p.oid))
	if err != nil {
		e.left = append(e.left, Skip{name, "its content is with Git LFS and not on this device: git lfs fetch --all brings it"})
		return e.write(name, mode, bytes.NewReader(text))
	}
	defer f.Close()
	h := sha256.New()
	if err := e.write(name, mode, io.TeeReader(f, h)); err != nil {
		return err
	}
	if fmt.Sprintf("%x", h.Sum(nil)) != p.oid {
		return errs.New(errs.Corrupt, "what Git LFS keeps of %s is damaged: %s", name, f.Name()).WithHint("git lfs fsck names and mends it")
	}
	return nil
}
