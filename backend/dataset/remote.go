package dataset

import (
	"context"

	"rondo/backend/dataset/far"
)

// Remotes lists this device's remotes by name.
func (s *Service) Remotes() ([]far.Remote, error) { return s.remotes.List() }

// SetRemote gives a place a name; an empty address takes the name away, and leaves the place alone.
func (s *Service) SetRemote(r far.Remote) error {
	if err := checkName(r.Name); err != nil {
		return err
	}
	return s.remotes.Set(r)
}

// there is an open remote, with the snapshots that it lists.
type there struct {
	*far.Place
	unread []FarProblem // of the records, what could not be read
}

// remote opens a remote by name; the only one where the name is empty. One that is not
// there is made for pushing only: a disk that is not connected is not an empty remote.
func (s *Service) remote(ctx context.Context, name string, toPush bool) (*there, error) {
	p, err := s.remotes.Open(ctx, name, toPush)
	if err != nil {
		return nil, err
	}
	return &there{Place: p}, nil
}
