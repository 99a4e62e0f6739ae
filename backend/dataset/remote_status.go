package dataset

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"rondo/backend/dataset/far"
	"rondo/backend/errs"
	"rondo/backend/ref"
)

// RemoteStatus is how one dataset stands to a remote. Both sides' objects were looked at, and every pack
// and file that they are in was asked for there; what is in it was not read.
type RemoteStatus struct {
	Dataset string `json:"dataset"`        // empty where File is not
	File    string `json:"file,omitempty"` // a record of the remote that cannot be read, of whichever dataset it is; Text says why
	Here    int    `json:"here"`           // snapshots that are whole here
	There   int    `json:"there"`          // snapshots that are whole there
	InPart  int    `json:"in_part"`        // snapshots of which a part is here, and was fetched so
	ToPush  int    `json:"to_push"`
	ToFetch int    `json:"to_fetch"`
	InSync  bool   `json:"in_sync"`
	Lost    []int  `json:"lost"`           // numbers of snapshots that the remote lists and that are not whole there
	Text    string `json:"text,omitempty"` // what is lost, and the way out
}

// RemoteStatus compares all datasets with a remote.
func (s *Service) RemoteStatus(ctx context.Context, remote string) ([]RemoteStatus, error) {
	ctx, work := s.followFar(ctx, "remote-status", nil)
	defer work.stop()
	f, err := s.remote(ctx, remote, false)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	ours, err := s.chosen(ctx, nil)
	if err != nil {
		return nil, err
	}
	theirs, err := f.readable(ctx, nil)
	if err != nil {
		return nil, err
	}
	if theirs, err = s.notForgotten(ctx, theirs); err != nil {
		return nil, err
	}
	all := map[string]map[string]*sides{}
	for _, snap := range slices.Concat(ours, theirs) {
		sidesOf(all, snap)
	}
	err = eachSnapshot(ctx, ours, func(ctx context.Context, i int) error {
		on := sidesOf(all, ours[i])
		on.here = s.isHere(ctx, f, ours[i])
		on.part = ours[i].InPart() && !on.here
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	work.asks(f)
	if err := s.seeThere(ctx, f, theirs, all); err != nil {
		return nil, err
	}
	list, known := f.unreadStatus(ours)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		st := sum(name, all[name])
		f.explain(&st, all[name])
		st.InSync = st.InSync && known
		list = append(list, st)
	}
	return list, ctx.Err()
}

// seeThere finds out which snapshots are whole on a remote, until everything that they are in was seen.
func (s *Service) seeThere(ctx context.Context, f *there, theirs []Snapshot, all map[string]map[string]*sides) (err error) {
	for lost := true; lost && err == nil; {
		err = eachSnapshot(ctx, theirs, func(ctx context.Context, i int) (err error) {
			on := sidesOf(all, theirs[i])
			on.listed = true
			on.there, err = s.isThere(ctx, f, theirs[i])
			return err
		})
		if err == nil {
			lost, err = f.Objects.See(ctx)
		}
	}
	return err
}

// unreadStatus tells of the records that cannot be read, and whether all of them are of
// snapshots of this project. Else any dataset may have more there than is known.
func (f *there) unreadStatus(ours []Snapshot) (list []RemoteStatus, known bool) {
	list, known = []RemoteStatus{}, true
	for _, p := range f.unread {
		id, _ := far.ID(p.File)
		known = known && slices.ContainsFunc(ours, func(snap Snapshot) bool { return snap.ID == id })
		list = append(list, RemoteStatus{File: p.File, Lost: []int{}, Text: p.Message + "; " + p.Hint})
	}
	return list, known
}

// sides says where a snapshot is whole, and whether a part of it is here.
type sides struct {
	number                    int
	here, there, listed, part bool // listed: there
}

func sidesOf(all map[string]map[string]*sides, snap Snapshot) *sides {
	if all[snap.Dataset] == nil {
		all[snap.Dataset] = map[string]*sides{}
	}
	if all[snap.Dataset][snap.ID] == nil {
		all[snap.Dataset][snap.ID] = &sides{number: snap.Number}
	}
	return all[snap.Dataset][snap.ID]
}

// explain tells what the remote lists and does not have, and who can send it again.
func (f *there) explain(st *RemoteStatus, snapshots map[string]*sides) {
	st.Lost = []int{}
	heal := true
	for _, on := range snapshots {
		if on.listed && !on.there {
			st.Lost = append(st.Lost, on.number)
			heal = heal && on.here
		}
	}
	if len(st.Lost) == 0 {
		return
	}
	slices.Sort(st.Lost)
	names := make([]string, len(st.Lost))
	for i, number := range st.Lost {
		names[i] = Ref(st.Dataset, number)
	}
	st.Text = fmt.Sprintf("objects of %s are damaged or missing on %s; ", enumerate(names, maxWork), f.Name)
	if heal {
		st.Text += "`rondo data push --remote " + f.Name + "` sends them again"
	} else {
		st.Text += "not all of it is whole here: where a project has it, `rondo data verify --remote " + f.Name + "` and then `rondo data push` send it again"
	}
}

func sum(name string, snapshots map[string]*sides) RemoteStatus {
	st := RemoteStatus{Dataset: name, InSync: true}
	for _, on := range snapshots {
		if on.here {
			st.Here++
		}
		if on.there {
			st.There++
		}
		if on.part {
			st.InPart++
		}
		switch {
		case on.here && !on.there:
			st.ToPush++
		case on.there && !on.here:
			st.ToFetch++
		}
		st.InSync = st.InSync && on.here && on.there
	}
	return st
}

// isHere reports whether the project has all objects of a snapshot.
func (s *Service) isHere(ctx context.Context, f *there, snap Snapshot) bool {
	all, err := s.standsOn(ctx, f, snap)
	return err == nil && !slices.ContainsFunc(all.digests(), func(d ref.Digest) bool { return !s.opts.Store.Has(d) })
}

// isThere reports whether the remote has them, as it lists them.
func (s *Service) isThere(ctx context.Context, f *there, snap Snapshot) (bool, error) {
	all, err := s.standsOn(ctx, f, snap)
	if notFound(err) || errs.Is(err, errs.Corrupt) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	lacks, err := f.Objects.Lacks(ctx, all.digests())
	return len(lacks) == 0, err
}

// enumerate names the first few.
func enumerate(names []string, most int) string {
	text := strings.Join(names[:min(most, len(names))], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
