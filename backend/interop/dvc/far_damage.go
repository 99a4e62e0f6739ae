package dvc

import (
	"encoding/json"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"rondo/backend/atomicfile"
	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

// damageFile has what was found damaged in remotes, by address and name there, until a push has
// replaced it or another look finds it whole. Losing it costs a verification.
var damageFile = path.Join(ownTmp, "damage.json")

// farDamage is what is known of one remote. It may be used concurrently.
type farDamage struct {
	at string // its address

	mu     sync.Mutex
	names  map[string]bool
	news   map[string]bool // what was learned: damaged, or not any more
	healed int             // objects that a push has replaced
}

// versionName tells a version of a file from another.
func versionName(name, version string) string {
	if version == "" {
		return name
	}
	return name + " " + version
}

func (p *Project) damageOf(name string) *farDamage {
	if name == "" {
		name = p.Config["core"]["remote"]
	}
	at, _ := p.farAddress(p.Config[`remote "`+name+`"`])
	d := &farDamage{at: redacted(at), names: map[string]bool{}, news: map[string]bool{}}
	for _, one := range p.damage()[d.at] {
		d.names[one] = true
	}
	return d
}

// damage reads the file; one that is damaged itself knows nothing.
func (p *Project) damage() map[string][]string {
	out := map[string][]string{}
	b, err := os.ReadFile(filepath.Join(p.Dir, filepath.FromSlash(damageFile)))
	if err != nil || len(b) > doc.MaxSize || json.Unmarshal(b, &out) != nil {
		return map[string][]string{}
	}
	return out
}

func (d *farDamage) has(name string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.names[name]
}

// is notes that an object was found damaged, or whole.
func (d *farDamage) is(name string, damaged bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.names[name] != damaged {
		d.names[name], d.news[name] = damaged, damaged
	}
}

// replaced counts an object that a push has replaced.
func (d *farDamage) replaced() {
	d.mu.Lock()
	d.healed++
	d.mu.Unlock()
}

// list are the names of what is damaged.
func (d *farDamage) list() (names []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, is := range d.names {
		if is {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// save adds what was learned to what is known by now.
func (d *farDamage) save(p *Project) error {
	if len(d.news) == 0 {
		return nil
	}
	unlock, err := p.lock()
	if err != nil {
		return err
	}
	defer unlock()
	all := p.damage()
	names := map[string]bool{}
	for _, one := range all[d.at] {
		names[one] = true
	}
	maps.Copy(names, d.news)
	maps.DeleteFunc(names, func(_ string, is bool) bool { return !is })
	if all[d.at] = slices.Sorted(maps.Keys(names)); len(names) == 0 {
		delete(all, d.at)
	}
	b, err := json.Marshal(all)
	at := filepath.Join(p.Dir, filepath.FromSlash(damageFile))
	if err == nil {
		err = os.MkdirAll(filepath.Dir(at), 0o755)
	}
	if err == nil {
		err = atomicfile.WriteFile(at, b, 0o644)
	}
	if err != nil {
		return errs.New(errs.Unavailable, "what is damaged in the remote cannot be noted: %w", err).
			WithHint("see whether the disk is full and whether you may write to %s", filepath.Dir(at))
	}
	return nil
}
