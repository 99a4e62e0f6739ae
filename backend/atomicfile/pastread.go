package atomicfile

import (
	"errors"
	"io"
	"os"
)

// Piece is memory that a disk can write into without a copy in between. It is to be given
// back with Release.
func Piece() *[]byte { return pastPieces.Get().(*[]byte) }

// Release gives a piece back.
func Release(piece *[]byte) { pastPieces.Put(piece) }

// MostPast is how many bytes ReadPast can read at once.
const MostPast = pastPiece - 2*pastAlign

// ReadPast reads n bytes at a place of a file, and returns those that there are. Where the
// system's memory of files has not most of them, they come past it straight from the disk
// into the piece, if that can be: they are read once, and the copy would push out what is in
// use. Nobody else may use f meanwhile.
func ReadPast(f *os.File, piece []byte, at int64, n int) ([]byte, error) {
	if !inMemory(f, at, n) && bypass(f, true) == nil {
		b, err := readAligned(f, piece, at, n)
		if e := bypass(f, false); err == nil {
			err = e
		}
		if !refusesBypass(err) {
			return b, err
		}
	}
	k, err := f.ReadAt(piece[:n], at)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return piece[:k], err
}

// readAligned reads whole parts of the disk, of which the first and the last hold more than was asked for.
func readAligned(f *os.File, piece []byte, at int64, n int) ([]byte, error) {
	before := int(at % pastAlign)
	want := (before + n + pastAlign - 1) / pastAlign * pastAlign
	got := 0
	for got < want && got%pastAlign == 0 { // what ends between two parts is the end of the file
		k, err := readAt(f, piece[got:want], at-int64(before)+int64(got))
		if err != nil {
			return nil, err
		}
		if k == 0 {
			break
		}
		got += k
	}
	end := min(got, before+n)
	return piece[min(before, end):end], nil
}
