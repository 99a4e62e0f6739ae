package registry

import (
	"database/sql"
	"errors"

	"rondo/backend/index"
	"rondo/backend/journal"
)

// Two devices that register versions before they know of each other give the same number.
// The later record gets the next free one on all devices; what that device has recorded of
// the number until it knew is about its own version.

// merged is in records about a number that stands for a version of another device, since
// the one that the device itself gave the number to has got another.
type merged struct {
	Merged bool `json:"merged,omitempty"`
}

// merged says whether this device's records about any of the numbers have to say so.
func (s *Service) merged(tx *index.Tx, model string, numbers ...int) (m merged, err error) {
	for _, number := range numbers {
		n, err := renumbered(tx, model, s.opts.Ledger.Device(), number)
		if err != nil {
			return m, err
		}
		m.Merged = m.Merged || n != number
	}
	return m, nil
}

// renumbered is the number of the version that a device has called so.
func renumbered(tx *index.Tx, model, device string, number int) (n int, err error) {
	err = tx.QueryRow("SELECT number FROM registry_renumbered WHERE model=? AND device=? AND said=?", model, device, number).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return number, nil
	}
	return n, err
}

// meant is the number of the version that a record is about.
func (m merged) meant(tx *index.Tx, rec journal.Record, number int) (int, error) {
	if m.Merged {
		return number, nil
	}
	return renumbered(tx, rec.ID, rec.Device, number)
}

// settle is the number that a new version gets: the one in its record, if that is free.
func settle(tx *index.Tx, rec journal.Record, number int) (int, error) {
	var taken bool
	err := tx.QueryRow("SELECT EXISTS (SELECT 1 FROM registry_versions WHERE model=? AND version=?)", rec.ID, number).Scan(&taken)
	if err != nil || !taken {
		return number, err
	}
	var free int
	err = tx.QueryRow(`SELECT max((SELECT coalesce(max(next), 1) FROM registry_models WHERE name=?1),
		(SELECT max(version)+1 FROM registry_versions WHERE model=?1))`, rec.ID).Scan(&free)
	if err == nil {
		_, err = tx.Exec("INSERT OR REPLACE INTO registry_renumbered VALUES (?,?,?,?)", rec.ID, rec.Device, number, free)
	}
	return free, err
}
