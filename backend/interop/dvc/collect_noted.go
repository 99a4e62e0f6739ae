package dvc

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"time"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
)

// unneededFile has what remotes were found to have that nothing needs, by address and name there,
// and since when. Losing it makes the next collection wait once more.
var unneededFile = path.Join(ownTmp, "unneeded.json")

func (p *Project) unneededIn(name string) *unneeded {
	u := &unneeded{at: p.damageOf(name).at, since: map[string]time.Time{}}
	if known := p.allUnneeded()[u.at]; known != nil {
		u.since = known
	}
	return u
}

func (p *Project) allUnneeded() map[string]map[string]time.Time {
	out := map[string]map[string]time.Time{}
	b, err := readUpTo(filepath.Join(p.Dir, filepath.FromSlash(unneededFile)), maxLinks)
	if err != nil || json.Unmarshal(b, &out) != nil {
		return map[string]map[string]time.Time{}
	}
	return out
}

// save is called under the project's lock.
func (u *unneeded) save(p *Project) error {
	all := p.allUnneeded()
	all[u.at] = u.since
	b, err := json.Marshal(all)
	at := filepath.Join(p.Dir, filepath.FromSlash(unneededFile))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(at), 0o755)
	}
	if err == nil {
		err = atomicfile.WriteFile(at, b, 0o644)
	}
	if err != nil {
		return errs.New(errs.Unavailable, "what the remote has that nothing needs cannot be noted: %w", err).
			WithHint("see whether the disk is full and whether you may write to %s", filepath.Dir(at))
	}
	return nil
}
