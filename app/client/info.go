package client

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/journal"
	"rondo/backend/proc"
	"rondo/backend/project"
)

// Info is what a running server says of itself in server.json of the device's
// folder, which only this user can read.
type Info struct {
	Folder       string     `json:"folder"` // of the project that it serves
	URL          string     `json:"url"`
	ServingURL   string     `json:"serving_url"`
	Token        string     `json:"token"`
	ServingToken string     `json:"serving_token"` // good for predictions only
	Process      proc.Ident `json:"process"`
	Version      string     `json:"version"`
	Build        string     `json:"build"` // what `rondo version` says of the program that serves
	StartedAt    time.Time  `json:"started_at"`

	Device string `json:"device"` // whose journal it writes
	Others string `json:"others"` // journal.Others when it read them
}

func infoPath(deviceDir string) string { return filepath.Join(deviceDir, "server.json") }

// WriteInfo makes a server known.
func WriteInfo(deviceDir string, i Info) error {
	b, err := json.MarshalIndent(i, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.WriteFile(infoPath(deviceDir), append(b, '\n'), 0o600)
}

// RemoveInfo forgets a server that has ended.
func RemoveInfo(deviceDir string) error {
	err := os.Remove(infoPath(deviceDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Find returns the server that owns the project on this device; kind NotFound
// where none runs. A file that a killed server left behind does not count.
func Find(deviceDir string) (Info, error) {
	var i Info
	b, err := os.ReadFile(infoPath(deviceDir))
	if err == nil {
		err = json.Unmarshal(b, &i)
	}
	if err != nil || !i.Process.Alive() {
		return Info{}, errs.New(errs.NotFound, "no server runs for this project").WithHint("start it with `rondo serve`")
	}
	return i, nil
}

// ServedFrom refuses a server that serves another folder than dir: the project was moved under it.
func (i Info) ServedFrom(dir string) error {
	if i.Folder == "" || project.SameFolder(i.Folder, dir) {
		return nil
	}
	return errs.New(errs.Conflict, "the project was moved to %s while its server served it at %s", dir, i.Folder).
		WithHint("end that server with `rondo stop`, then do the same again")
}

// Behind reports whether other devices have written more than the server has read.
func (i Info) Behind(p *project.Project) bool {
	now, err := journal.Others(p.Path(project.PrivateDir, "journal"), i.Device)
	return err == nil && i.Device != "" && now != i.Others
}

// Ping asks whether the server answers, within a moment.
func (c *Client) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return c.Get(ctx, "/project", nil)
}
