package journal

import (
	"os"

	"rondo/backend/ref"
)

// Known is how far a device's chain was verified and applied before. What lies before
// that needs no second look inside: sealed files that have not been touched since are
// passed over, and of other lines the hashes must chain to the one known.
type Known struct {
	Seq    int64
	Hash   ref.Digest
	Clock  Clock
	Sealed []Sealed // the device's first files, without a gap
}

// Sealed is a sealed file that was read to its end and found whole.
type Sealed struct {
	Device   string
	Number   int
	Size     int64
	Modified int64 // ns since 1970
	Seq      int64 // of its last record, with the hash of that
	Hash     ref.Digest
}

// stamp describes a file that was just read.
func (s segment) stamp(device string, seq int64, hash ref.Digest) (Sealed, bool) {
	info, err := os.Stat(s.path)
	if err != nil || !s.sealed {
		return Sealed{}, false
	}
	return Sealed{device, s.number, info.Size(), info.ModTime().UnixNano(), seq, hash}, true
}

// pass returns the files that must be read, and moves past those that need not.
func (w *walker) pass(segs []segment) []segment {
	for i, k := range w.known.Sealed {
		if i >= len(segs) || segs[i].number != k.Number || k.Seq > w.known.Seq {
			return segs[i:]
		}
		if now, ok := segs[i].stamp(w.device, k.Seq, k.Hash); !ok || now != k {
			return segs[i:]
		}
		w.prev, w.seq = k.Hash, k.Seq
		w.reach()
	}
	return segs[min(len(w.known.Sealed), len(segs)):]
}

// reach notes whether the chain leads to the known record.
func (w *walker) reach() {
	if w.seq == w.known.Seq {
		w.reached = w.prev == w.known.Hash
		w.strayed = !w.reached
	}
}

// before reports whether a line is one of those that were applied before.
func (w *walker) before() bool { return w.seq < w.known.Seq }
