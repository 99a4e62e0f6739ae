package dataset

import (
	"context"
	"encoding/json"
	"regexp"
	"strconv"
	"sync"
	"time"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/journal"
)

// Tag is a name for a snapshot, such as golden. It can be moved; what it named before
// stays on record.
type Tag struct {
	Dataset  string    `json:"dataset"`
	Name     string    `json:"name"`
	Snapshot string    `json:"snapshot"` // id; empty in a history where it was taken away
	Number   int       `json:"number"`
	At       time.Time `json:"at"`
	By       string    `json:"by,omitempty"`
}

// Latest stands where a tag does for the newest snapshot, unless somebody has given a tag of that name.
const Latest = "latest"

// tagged is the data of a snapshot.tag record; the record's id is DATASET@TAG.
type tagged struct {
	Dataset  string `json:"dataset"`
	Name     string `json:"name"`
	Snapshot string `json:"snapshot,omitempty"` // empty: the tag goes
}

const tagSchema = `
CREATE TABLE dataset_tags (dataset TEXT NOT NULL, name TEXT NOT NULL, snapshot TEXT NOT NULL, at TEXT NOT NULL, by TEXT NOT NULL, seq INTEGER PRIMARY KEY) STRICT;
CREATE INDEX dataset_tags_name ON dataset_tags (dataset, name);`

func applyTag(tx *index.Tx, rec journal.Record) error {
	var in tagged
	if err := json.Unmarshal(rec.Data, &in); err != nil {
		return err
	}
	// A tag that another device gave while this one forgot the snapshot brings it back.
	if _, err := tx.Exec("DELETE FROM dataset_forgotten WHERE id=?", in.Snapshot); err != nil {
		return err
	}
	_, err := tx.Exec("INSERT INTO dataset_tags (dataset, name, snapshot, at, by) VALUES (?,?,?,?,?)",
		in.Dataset, in.Name, in.Snapshot, rec.Time().UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano), rec.By)
	return err
}

// tagForm is what a tag may be: never a number, which names a snapshot itself.
var tagForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._-]{0,99}$`) })

func checkTag(name string) error {
	_, err := strconv.Atoi(name)
	if number := len(name) > 1 && name[0] == 'v' && isNumber(name[1:]); err == nil || number || !tagForm().MatchString(name) {
		return errs.New(errs.Invalid, "%.80q cannot be a tag", name).WithHint("use letters, digits, - _ and .; a number alone, or v and a number, names a snapshot itself")
	}
	return nil
}

func isNumber(s string) bool {
	_, err := strconv.Atoi(s)
	return err == nil
}

// SetTag gives a snapshot a name, or moves the name to it; with number 0 to the latest.
func (s *Service) SetTag(ctx context.Context, dataset string, number int, name string) (Tag, error) {
	if err := checkTag(name); err != nil {
		return Tag{}, err
	}
	at := dataset
	if number > 0 {
		at = Ref(dataset, number)
	}
	snap, err := s.Find(ctx, at)
	if err != nil {
		return Tag{}, err
	}
	return s.tag(ctx, tagged{snap.Dataset, name, snap.ID})
}

// RemoveTag takes a name away. The snapshot stays.
func (s *Service) RemoveTag(ctx context.Context, dataset, name string) error {
	if _, err := s.Find(ctx, dataset+"@"+name); err != nil {
		return err
	}
	_, err := s.tag(ctx, tagged{Dataset: dataset, Name: name})
	return err
}

func (s *Service) tag(ctx context.Context, in tagged) (Tag, error) {
	if _, err := s.opts.Ledger.Do(ctx, "snapshot.tag", in.Dataset+"@"+in.Name, func(*index.Tx) (any, error) { return in, nil }); err != nil {
		return Tag{}, err
	}
	history, err := s.TagHistory(ctx, in.Dataset, in.Name)
	if err != nil || len(history) == 0 {
		return Tag{}, err
	}
	return history[0], nil
}

// Tags lists the tags of a dataset by name.
func (s *Service) Tags(ctx context.Context, dataset string) ([]Tag, error) {
	return s.tags(ctx, dataset, `SELECT t.dataset, t.name, t.snapshot, coalesce(s.number, 0), t.at, t.by FROM dataset_tags t
		LEFT JOIN dataset_snapshots s ON s.id=t.snapshot
		WHERE t.dataset=? AND t.snapshot<>'' AND t.seq=(SELECT max(seq) FROM dataset_tags l WHERE l.dataset=t.dataset AND l.name=t.name)
		ORDER BY t.name`, dataset)
}

// TagHistory tells what a tag has named, the newest first.
func (s *Service) TagHistory(ctx context.Context, dataset, name string) ([]Tag, error) {
	list, err := s.tags(ctx, dataset, `SELECT t.dataset, t.name, t.snapshot, coalesce(s.number, 0), t.at, t.by FROM dataset_tags t
		LEFT JOIN dataset_snapshots s ON s.id=t.snapshot WHERE t.dataset=? AND t.name=? ORDER BY t.seq DESC`, dataset, name)
	if err == nil && len(list) == 0 {
		err = noTag(dataset, name)
	}
	return list, err
}

func noTag(dataset, name string) error {
	return errs.New(errs.NotFound, "%s has no snapshot %q", dataset, name).
		WithHint("write NAME@NUMBER or NAME@TAG; `rondo data log %s` lists the numbers, `rondo data tag %s` the tags", dataset, dataset)
}

func (s *Service) tags(ctx context.Context, dataset, query string, args ...any) ([]Tag, error) {
	list := []Tag{}
	err := s.opts.Ledger.View(ctx, func(tx *index.Tx) error {
		if _, err := setRow(tx, dataset); err != nil {
			return err
		}
		rows, err := tx.Query(query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var t Tag
			var at string
			if err := rows.Scan(&t.Dataset, &t.Name, &t.Snapshot, &t.Number, &at, &t.By); err != nil {
				return err
			}
			if t.At, err = time.Parse(time.RFC3339Nano, at); err != nil {
				return err
			}
			list = append(list, t)
		}
		return rows.Err()
	})
	return list, err
}

// tagRow finds the snapshot that a tag names now.
func tagRow(tx *index.Tx, dataset, name string) (Snapshot, error) {
	var id string
	err := tx.QueryRow("SELECT coalesce((SELECT snapshot FROM dataset_tags WHERE dataset=? AND name=? ORDER BY seq DESC LIMIT 1), '')", dataset, name).Scan(&id)
	if err != nil {
		return Snapshot{}, err
	}
	if id == "" {
		return Snapshot{}, noTag(dataset, name)
	}
	return snapshotRow(tx, "id=?", id)
}
