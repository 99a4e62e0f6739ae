// Package journal keeps the history of a project: append-only records, one writer
// per device, each chained to the one before by its hash.
//
// It is the truth that the index is a view of. It knows nothing of what the
// records mean. The bytes are described in docs/formats/journal.md.
package journal

import (
	"bytes"
	"encoding/json"
	"time"

	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Record is one acknowledged change.
type Record struct {
	Device  string          `json:"device"`
	Seq     int64           `json:"seq"`     // 1, 2, 3… per device
	Clock   Clock           `json:"clock"`   // orders records of all devices
	Durable int64           `json:"durable"` // the newest seq known to be on disk when this was written
	By      string          `json:"by,omitempty"`
	Kind    string          `json:"kind"` // noun.verb
	ID      string          `json:"id"`   // the thing it is about
	Data    json.RawMessage `json:"data"`
	Hash    ref.Digest      `json:"-"` // of the previous hash and this record's JSON
}

// Time returns the wall clock time of the record in UTC, to the millisecond.
func (r Record) Time() time.Time { return r.Clock.Time() }

// Before reports the total order that every device sees: clock, then device, then seq.
func (r Record) Before(o Record) bool {
	if r.Clock != o.Clock {
		return r.Clock < o.Clock
	}
	if r.Device != o.Device {
		return r.Device < o.Device
	}
	return r.Seq < o.Seq
}

// MaxRecord is the longest line the journal takes, in bytes. Bulk belongs in objects.
const MaxRecord = 16 << 20

const hashLen = 64

// encode returns the record's line: hash, space, JSON, newline.
func encode(r *Record, prev ref.Digest) ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	if len(body) > MaxRecord {
		return nil, errs.New(errs.TooLarge, "a %s record of %d bytes is over the limit of %d", r.Kind, len(body), MaxRecord).
			WithHint("send the data in smaller parts")
	}
	r.Hash = chain(prev, body)
	line := make([]byte, 0, hashLen+2+len(body))
	line = append(line, r.Hash.String()...)
	line = append(line, ' ')
	line = append(line, body...)
	return append(line, '\n'), nil
}

// decode reads a line without its newline and checks it against the hash before it.
func decode(line []byte, prev ref.Digest) (Record, error) {
	var r Record
	hash, body, err := split(line)
	if err != nil {
		return r, err
	}
	if chain(prev, body) != hash {
		return r, errs.New(errs.Corrupt, "hash does not match the content and the record before")
	}
	if r, err = decodeBody(body); err != nil {
		return r, err
	}
	r.Hash = hash
	return r, nil
}

func decodeBody(body []byte) (r Record, err error) {
	if err := json.Unmarshal(body, &r); err != nil {
		return r, errs.New(errs.Corrupt, "record is not JSON: %w", err)
	}
	return r, nil
}

func split(line []byte) (ref.Digest, []byte, error) {
	if len(line) < hashLen+3 || line[hashLen] != ' ' {
		return ref.Zero, nil, errs.New(errs.Corrupt, "line is cut short")
	}
	hash, err := ref.Parse(string(line[:hashLen]))
	if err != nil {
		return ref.Zero, nil, errs.New(errs.Corrupt, "line has no hash")
	}
	return hash, line[hashLen+1:], nil
}

// chain is sha256(hex(prev) + " " + body): `printf '%s %s' PREV BODY | sha256sum`.
func chain(prev ref.Digest, body []byte) ref.Digest {
	h := ref.NewHash()
	h.Write([]byte(hexOf(prev)))
	h.Write([]byte{' '})
	h.Write(body)
	return ref.Sum(h)
}

func hexOf(d ref.Digest) string {
	if d.IsZero() {
		return string(bytes.Repeat([]byte{'0'}, hashLen))
	}
	return d.String()
}
