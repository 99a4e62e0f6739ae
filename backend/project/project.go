// Package project is the folder that holds everything: its identity and format
// marker, the project file rondo.yaml, params.yaml, and what of it this device
// trusts enough to execute.
//
// It reads and checks what a person wrote. It never runs anything and knows
// nothing of datasets, runs or models beyond their names in the file.
package project

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Names of what a project folder holds.
const (
	FileName   = "rondo.yaml"
	LockName   = "rondo.lock"
	PrivateDir = ".rondo"
	// TemporaryDir is where what shall lie among a person's files is written first.
	TemporaryDir = PrivateDir + "/tmp"
	Format       = 1 // the newest folder format this program writes
)

// Project is a found project folder.
type Project struct {
	Dir      string `json:"dir"`       // absolute, symbolic links resolved
	ID       string `json:"id"`        // 32 hex digits, made at init
	Format   int    `json:"format"`    // as .rondo/format says
	ReadOnly string `json:"read_only"` // why nothing may be written, or empty
	Checked  bool   `json:"-"`         // the marker carries a checksum
}

// Find returns the project that dir is in: the nearest folder upward with .rondo/format.
func Find(dir string) (*Project, error) {
	abs, err := real(dir)
	if err != nil {
		return nil, err
	}
	for at := abs; ; at = filepath.Dir(at) {
		p, err := Open(at)
		if !errs.Is(err, errs.NotFound) {
			return p, err
		}
		if at == filepath.Dir(at) {
			return nil, errs.New(errs.NotFound, "%s is not inside a Rondo project", abs).
				WithHint("run `rondo init` in the folder that shall become one")
		}
	}
}

func real(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if r, err := filepath.EvalSymlinks(abs); err == nil {
		return r, nil
	}
	return abs, nil
}

// Open reads the marker of exactly this folder. A newer format is no error: the
// project comes back with ReadOnly saying why.
func Open(dir string) (*Project, error) {
	abs, err := real(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(abs, PrivateDir, "format")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir) {
		return nil, errs.New(errs.NotFound, "%s is not a Rondo project", abs).WithHint("run `rondo init` there")
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read the project's format")
	}
	return parseMarker(abs, path, string(b))
}

// parseMarker reads "rondo N" and, on the next lines, "project ID" and "check SUM", which older
// markers lack.
func parseMarker(dir, path, text string) (*Project, error) {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(lines[0]), "rondo "))
	if !strings.HasPrefix(lines[0], "rondo ") || err != nil || n < 1 {
		return nil, errs.New(errs.Corrupt, "%s: want \"rondo %d\", found %.40q", path, Format, lines[0]).
			WithHint("restore the file from a copy of the project folder")
	}
	p := &Project{Dir: dir, Format: n}
	if n > Format {
		p.ReadOnly = fmt.Sprintf("the project has format %d and this Rondo writes format %d: get a newer Rondo to change it", n, Format)
	}
	text = strings.ReplaceAll(text, "\r\n", "\n") // as git may have it on Windows
	before, sum, checked := strings.Cut(text, "\ncheck ")
	for _, l := range lines[1:] {
		if id, ok := strings.CutPrefix(strings.TrimSpace(l), "project "); ok {
			p.ID = id
		}
	}
	p.Checked = checked
	if checked && sum != checkOf(before+"\n") || n == Format && len(lines) > 2 && text != marker(p.ID) {
		return nil, errs.New(errs.Corrupt, "%s is damaged: it is not what was written", path).
			WithHint("restore the file from git or a copy of the project folder")
	}
	if !validID(p.ID) {
		return nil, errs.New(errs.Corrupt, "%s: the line \"project ID\" is missing or damaged", path).
			WithHint("restore the file from a copy of the project folder")
	}
	return p, nil
}

func validID(id string) bool {
	return len(id) == 32 && strings.Trim(id, "0123456789abcdef") == ""
}

// Init makes dir a project: the marker, a rondo.yaml where there is none, and
// ignore rules for git. A folder that is one already is a Conflict.
func Init(dir, name string) (*Project, error) {
	if p, err := Open(dir); err == nil {
		return p, errs.New(errs.Conflict, "%s is a Rondo project already", p.Dir).WithHint("just use it")
	} else if !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	abs, err := real(dir)
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = filepath.Base(abs)
	}
	if err := begin(abs, fmt.Sprintf("rondo: %d\nname: %s\n", Format, strconv.Quote(name))); err != nil {
		return nil, writeFailed(abs, err)
	}
	return mark(abs)
}

// begin writes a rondo.yaml where there is none. What is half written lies in the private
// folder, where git does not see it.
func begin(abs, text string) error {
	path := filepath.Join(abs, FileName)
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if err := writeNew(filepath.Join(abs, PrivateDir, ".gitignore"), Ignores[".gitignore"]); err != nil {
		return err
	}
	return atomicfile.Replace(filepath.Join(abs, TemporaryDir), path, []byte(text), 0o644)
}

// Settle makes a folder that is another tool's project a project beside what it is: only
// the private folder is written, which git and that tool ignore.
func Settle(dir string) (*Project, error) {
	p, err := Open(dir)
	if !errs.Is(err, errs.NotFound) {
		return p, err
	}
	abs, err := real(dir)
	if err != nil {
		return nil, err
	}
	if err := writeNew(filepath.Join(abs, PrivateDir, ".dvcignore"), Ignores[".dvcignore"]); err != nil {
		return nil, writeFailed(abs, err)
	}
	return mark(abs)
}

// Ignores are the files in the private folder that tell other programs what to leave alone.
var Ignores = map[string]string{".gitignore": "*\n!.gitignore\n!format\n", ".dvcignore": "*\n"}

// marker is the text of .rondo/format.
func marker(id string) string {
	text := fmt.Sprintf("rondo %d\nproject %s\n", Format, id)
	return text + "check " + checkOf(text)
}

func checkOf(text string) string {
	return fmt.Sprintf("%08x\n", crc32.Checksum([]byte(text), crc32.MakeTable(crc32.Castagnoli)))
}

// Check writes the ignore rules anew where they are missing, and gives a marker that is from
// before there were checksums one.
func (p *Project) Check() error {
	ignore := p.Path(PrivateDir, ".gitignore")
	if err := writeNew(ignore, Ignores[".gitignore"]); err != nil {
		return writeFailed(p.Dir, err)
	}
	if p.Checked || p.Format != Format {
		return nil
	}
	err := atomicfile.WriteFile(p.Path(PrivateDir, "format"), []byte(marker(p.ID)), 0o644)
	if err != nil {
		return writeFailed(p.Dir, err)
	}
	p.Checked = true
	return nil
}

// mark writes the private folder and its marker.
func mark(abs string) (*Project, error) {
	if err := writeNew(filepath.Join(abs, PrivateDir, ".gitignore"), Ignores[".gitignore"]); err != nil {
		return nil, writeFailed(abs, err)
	}
	if err := atomicfile.WriteFile(filepath.Join(abs, PrivateDir, "format"), []byte(marker(ref.NewID())), 0o644); err != nil {
		return nil, writeFailed(abs, err)
	}
	return Open(abs)
}

func writeNew(path, text string) error {
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	return atomicfile.WriteFile(path, []byte(text), 0o644)
}

func writeFailed(dir string, err error) error {
	return errs.New(errs.Unavailable, "make a project of %s: %w", dir, err).
		WithHint("choose a folder that you may write to")
}

// Path returns the place of something inside the project folder.
func (p *Project) Path(elem ...string) string {
	return filepath.Join(append([]string{p.Dir}, elem...)...)
}

// Writable returns the reason why the project may not be changed, as an error.
func (p *Project) Writable() error {
	if p.ReadOnly == "" {
		return nil
	}
	return errs.New(errs.Precondition, "%s is read-only: %s", p.Dir, p.ReadOnly)
}
