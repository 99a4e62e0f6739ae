// Package ref holds the identities of Rondo: content digests and ids that sort by time.
//
// It knows nothing of what they name.
package ref

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"sync"
	"time"

	"rondo/backend/errs"
)

// Digest is the SHA-256 of some content. It compares and keys maps.
type Digest [sha256.Size]byte

// Zero is the digest of nothing at all (not that of the empty content).
var Zero Digest

// Of returns the digest of b.
func Of(b []byte) Digest { return sha256.Sum256(b) }

// NewHash returns the hash whose sum is a Digest.
func NewHash() hash.Hash { return sha256.New() }

// Sum returns the digest that h holds.
func Sum(h hash.Hash) (d Digest) {
	h.Sum(d[:0])
	return d
}

// Parse reads the 64 lower-case hex digits of a digest.
func Parse(s string) (d Digest, err error) {
	if len(s) != 2*sha256.Size {
		return d, errs.New(errs.Invalid, "%.80q is not a digest: want 64 hex digits", s)
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return d, errs.New(errs.Invalid, "%.80q is not a digest: want lower-case hex digits", s)
		}
	}
	_, err = hex.Decode(d[:], []byte(s))
	return d, err
}

// String returns the 64 hex digits, as sha256sum prints them.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short returns the first 12 hex digits, for people.
func (d Digest) Short() string { return hex.EncodeToString(d[:6]) }

// Compare orders digests by their bytes.
func Compare(a, b Digest) int { return bytes.Compare(a[:], b[:]) }

// IsZero reports whether d is Zero.
func (d Digest) IsZero() bool { return d == Zero }

// MarshalText implements encoding.TextMarshaler; Zero is the empty text.
func (d Digest) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Digest) UnmarshalText(b []byte) (err error) {
	if len(b) == 0 {
		*d = Zero
		return nil
	}
	*d, err = Parse(string(b))
	return err
}

var last struct {
	sync.Mutex
	ms  int64
	seq uint16
}

// NewID returns a fresh id: the 32 hex digits of a version 7 UUID (RFC 9562),
// so that ids sort by the time they were made, also within a millisecond.
func NewID() string {
	var u [16]byte
	if _, err := rand.Read(u[8:]); err != nil {
		panic(err) // crypto/rand.Read never fails
	}
	last.Lock()
	ms := time.Now().UnixMilli()
	if ms <= last.ms {
		ms = last.ms
		if last.seq++; last.seq > 0xfff {
			ms, last.seq = ms+1, 0
		}
	} else {
		last.seq = 0
	}
	last.ms = ms
	seq := last.seq
	last.Unlock()
	binary.BigEndian.PutUint64(u[:8], uint64(ms)<<16|0x7000|uint64(seq))
	u[8] = u[8]&0x3f | 0x80
	return hex.EncodeToString(u[:])
}
