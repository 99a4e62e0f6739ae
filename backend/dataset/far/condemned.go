package far

import (
	"context"
	"encoding/json"
	"time"

	"rondo/backend/remote"
)

// Objects of a remote go in two steps, as those of a project do. The first collection
// writes the names of the packs that hold garbage into a list; one that comes a day later
// removes those that still do. In between, whoever pushes takes the list away before it
// looks whether a collection is going on, and a collection says that it is going on before
// it reads the list: so one of the two always sees the other, and nothing that a push
// counts on is removed.
const (
	condemnedName = "gc/condemned"

	Grace = 24 * time.Hour // longer than any push takes
)

// Condemned is the list.
type Condemned struct {
	Packs map[string]time.Time `json:"packs"` // since when
}

// Condemned reads the list.
func (p *Place) Condemned(ctx context.Context) (c Condemned, err error) {
	b, err := remote.Read(ctx, p.r, condemnedName, maxRecord*16)
	if notFound(err) {
		return c, nil
	}
	if err == nil && json.Unmarshal(b, &c) != nil {
		c = Condemned{} // all begins anew
	}
	return c, p.Blame(err)
}

// Condemn writes the list; an empty one is none.
func (p *Place) Condemn(ctx context.Context, c Condemned) error {
	if len(c.Packs) == 0 {
		return p.Blame(p.r.Delete(ctx, condemnedName))
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	return p.Blame(p.r.Replace(ctx, condemnedName, remote.Content(append(b, '\n'))))
}
