package store

import (
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// Lost are objects that a remote could not give, each with what is wrong with it there.
type Lost map[ref.Digest]error

// note keeps an object that is damaged or missing over there; any other failure is given back.
func (l Lost) note(d ref.Digest, err error) error {
	if errs.Is(err, errs.Corrupt) || errs.Is(err, errs.NotFound) {
		l[d], err = err, nil
	}
	return err
}

// first is what is wrong with the first of the digests that is lost.
func (l Lost) first(digests []ref.Digest) error {
	for _, d := range digests {
		if err := l[d]; err != nil {
			return err
		}
	}
	return nil
}

// firstOf is what is wrong with an object or the first of its chunks that is lost.
func (l Lost) firstOf(d ref.Digest, list []chunk) error {
	if err := l[d]; err != nil || len(l) == 0 {
		return err
	}
	for _, c := range list {
		if err := l[c.digest]; err != nil {
			return err
		}
	}
	return nil
}
