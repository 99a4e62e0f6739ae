package pipeline

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// writeResult keeps the result of a stage that works, or has worked, on the disk.
func writeResult(runDir string, r StageResult) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	at := filepath.Join(runDir, stagesDir, r.Name+".json")
	return errs.Unwritten(at, atomicfile.WriteFile(at, append(b, '\n'), 0o644))
}

// unchangedFile holds the results of stages that were left as they are, one a line. A
// pipeline may have hundreds, and a file with two syncs for each took most of the time.
const unchangedFile = "unchanged.jsonl"

// unchanged writes that file; the first result creates it.
type unchanged struct {
	mu   sync.Mutex
	file *os.File
}

// add appends a result. Whoever watches sees it at once; close puts it on the disk.
func (u *unchanged) add(runDir string, r StageResult) (err error) {
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.file == nil {
		u.file, err = os.OpenFile(filepath.Join(runDir, stagesDir, unchangedFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
		if err != nil {
			return errs.Wrap(errs.Unavailable, err, "keep the result of stage %s", r.Name)
		}
	}
	_, err = u.file.Write(append(b, '\n'))
	return errs.Wrap(errs.Unavailable, err, "keep the result of stage %s", r.Name)
}

// close puts on the disk what was added. It comes before the end of the execution does.
func (u *unchanged) close() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.file == nil {
		return nil
	}
	err := errors.Join(u.file.Sync(), u.file.Close(), atomicfile.SyncDir(filepath.Dir(u.file.Name())))
	u.file = nil
	return errs.Wrap(errs.Unavailable, err, "keep the results of stages")
}

// readResults reads what stages have left, in no order. A stage that was cut off has
// left nothing.
func readResults(runDir string) (map[string]StageResult, error) {
	dir, found := filepath.Join(runDir, stagesDir), map[string]StageResult{}
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	for _, f := range list {
		if !strings.HasSuffix(f.Name(), ".json") || !f.Type().IsRegular() {
			continue
		}
		b, err := readBounded(filepath.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		var r StageResult
		if err := json.Unmarshal(b, &r); err != nil {
			return nil, errs.New(errs.Corrupt, "stages/%s of an execution cannot be read: %w", f.Name(), err)
		}
		found[r.Name] = r
	}
	return found, readUnchanged(dir, found)
}

// readUnchanged adds the results of stages that were left as they are. A line that a
// power cut has left half is a stage of which nothing is known.
func readUnchanged(dir string, found map[string]StageResult) error {
	b, err := readBounded(filepath.Join(dir, unchangedFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	for line := range bytes.Lines(b) {
		var r StageResult
		if json.Unmarshal(line, &r) == nil && r.Name != "" {
			found[r.Name] = r
		}
	}
	return err
}
