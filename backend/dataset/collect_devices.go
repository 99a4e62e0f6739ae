package dataset

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"rondo/backend/errs"
	"rondo/backend/journal"
)

// shortGrace is a grace that is too short for what another device has written to come here.
const shortGrace = 24 * time.Hour

// writers are the devices that have written to a project, each with who wrote last there, and when.
type writers map[string]heardOf

type heardOf struct {
	by string
	at time.Time
}

func (w writers) hear(r journal.Record) {
	if at := r.Time(); !at.Before(w[r.Device].at) {
		w[r.Device] = heardOf{r.By, at}
	}
}

// mayLose refuses a grace in which a record of another device, that mentions what is removed, may
// still be on its way.
func (w writers) mayLose(own string, in Collect) error {
	if in.Force || in.Dry || in.Grace == 0 || in.Grace >= shortGrace {
		return nil
	}
	var others []string
	for _, device := range slices.Sorted(maps.Keys(w)) {
		if device != own {
			others = append(others, fmt.Sprintf("%s (%s, last heard of %s)", device, w[device].by, w[device].at.Local().Format("2006-01-02 15:04")))
		}
	}
	if len(others) == 0 {
		return nil
	}
	return errs.New(errs.Precondition, "other devices write to this project, and what they have taken and not yet delivered may need what nothing here mentions: %s", enumerate(others, maxWork)).
		WithHint("leave --grace out: what is marked goes after 30 days; or, once all of them have delivered what they have: rondo data gc --grace %s --force", in.Grace)
}
