package pipeline

import (
	"bytes"
	"maps"
	"reflect"
	"slices"

	"rondo/backend/git"
)

// MergeLocks merges two rondo.lock files that began as base, stage by stage. An entry that
// only one side changed is that side's. Where both did, differently, neither tells what the
// merged project makes: the stage is left out, and so has to run. Open are their names.
func MergeLocks(base, ours, theirs []byte) (merged []byte, open []string, err error) {
	var locks [3]Lock
	for i, text := range [][]byte{base, ours, theirs} {
		if locks[i], err = ParseLock(text); err != nil {
			return nil, nil, err
		}
	}
	out := Lock{Schema: lockSchema, Stages: map[string]LockStage{}}
	names := maps.Clone(locks[1].Stages)
	maps.Copy(names, locks[2].Stages)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		was, had := locks[0].Stages[name]
		a, inA := locks[1].Stages[name]
		b, inB := locks[2].Stages[name]
		same := func(x, y LockStage) bool { return reflect.DeepEqual(x, y) }
		switch {
		case inA && inB && same(a, b), inA && inB && had && same(b, was), inA && !inB && !had:
			out.Stages[name] = a
		case inA && inB && had && same(a, was), inB && !inA && !had:
			out.Stages[name] = b
		case inA && inB:
			open = append(open, name)
		}
	}
	return out.Text(), open, nil
}

// HasMarkers reports whether a text holds what a merge leaves that could not decide.
func HasMarkers(text []byte) bool {
	return bytes.HasPrefix(text, []byte("<<<<<<< ")) || bytes.Contains(text, []byte("\n<<<<<<< "))
}

// OpenSides are the sides of a file of a project that a merge has left open: those that git's
// index keeps, or else what the markers in its text tell.
func OpenSides(dir, name string, text []byte) (base, ours, theirs []byte) {
	if repo, err := git.Open(dir); err == nil {
		if sides, undecided, err := repo.Unmerged(name); err == nil && undecided {
			return sides[0], sides[1], sides[2]
		}
	}
	return Sides(text)
}

// Sides takes a text with markers apart: as it was, where the markers tell, ours and theirs.
func Sides(text []byte) (base, ours, theirs []byte) {
	var parts [3]bytes.Buffer
	side := -1 // in all
	for line := range bytes.Lines(text) {
		switch {
		case bytes.HasPrefix(line, []byte("<<<<<<< ")):
			side = 1
		case side >= 0 && bytes.HasPrefix(line, []byte("|||||||")):
			side = 0
		case side >= 0 && bytes.HasPrefix(line, []byte("=======")):
			side = 2
		case side >= 0 && bytes.HasPrefix(line, []byte(">>>>>>> ")):
			side = -1
		case side >= 0:
			parts[side].Write(line)
		default:
			for i := range parts {
				parts[i].Write(line)
			}
		}
	}
	return parts[0].Bytes(), parts[1].Bytes(), parts[2].Bytes()
}
