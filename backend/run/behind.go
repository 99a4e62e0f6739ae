package run

import (
	"errors"
	"os"
	"runtime"
	"slices"

	"golang.org/x/sync/errgroup"

	"rondo/backend/errs"
	"rondo/backend/index"
	"rondo/backend/run/points"
)

// ahead is a file of points that is not as long as the index has seen it.
type ahead struct {
	pointFile
	no, seen int64 // the run's number; how much of the file is in the index
	path     string
	end      int64 // of its good part
	damage   []points.Damage
	sums     *collector // of what is new
}

const together = 32 // runs whose files are read at a time

// catchUp brings the index up to the files of points of some runs. Files are read on every processor, while what was found in
// those before them goes into the index in the order of the runs.
func catchUp(tx *index.Tx, runs string, ids []string, files func(runs, id string) []pointFile) (all []points.Damage, err error) {
	var list []*ahead
	var reading errgroup.Group
	defer reading.Wait()
	for part := range slices.Chunk(ids, together) {
		next, err := aheadOf(tx, runs, part, files)
		if err = errors.Join(err, reading.Wait()); err != nil {
			return all, err
		}
		reading = errgroup.Group{}
		scanAll(&reading, next)
		if err := storeAll(tx, list, &all); err != nil {
			return all, err
		}
		list = next
	}
	if err := reading.Wait(); err != nil {
		return all, err
	}
	err = storeAll(tx, list, &all)
	return all, err
}

// aheadOf finds the files of some runs that must be read.
func aheadOf(tx *index.Tx, runs string, ids []string, files func(runs, id string) []pointFile) (list []*ahead, err error) {
	for _, id := range ids {
		for _, f := range files(runs, id) {
			a, behind, err := lookAt(tx, runs, f)
			if err != nil {
				return nil, err
			}
			if behind {
				list = append(list, a)
			}
		}
	}
	return list, nil
}

// lookAt reports whether the index is behind a file, and up to where it has seen it.
func lookAt(tx *index.Tx, runs string, f pointFile) (a *ahead, behind bool, err error) {
	a = &ahead{pointFile: f, path: pointsFile(runs, f.run, f.device)}
	if a.no, err = numberOf(tx, f.run); errs.Is(err, errs.NotFound) {
		return a, false, nil // its record has not come yet
	}
	if err == nil {
		a.seen, err = seenOf(tx, a.no, f.device)
	}
	if err != nil {
		return a, false, err
	}
	info, err := os.Stat(a.path)
	return a, err == nil && info.Size() != a.seen, nil
}

// scanAll reads files on every processor.
func scanAll(g *errgroup.Group, list []*ahead) {
	queue := make(chan *ahead, len(list))
	for _, a := range list {
		queue <- a
	}
	close(queue)
	for range min(runtime.GOMAXPROCS(0), len(list)) {
		g.Go(func() error {
			for a := range queue {
				if err := a.scan(); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// scan reads what a file holds beyond what the index has seen. Blocks that wait for a
// record are left out: the record brings their summary.
func (a *ahead) scan() (err error) {
	a.sums = newCollector()
	a.end, a.damage, err = points.Scan(a.path, a.seen, func(b points.Block) error {
		if b.Pending {
			return nil
		}
		return a.sums.block(b)
	})
	return err
}

func (a *ahead) store(tx *index.Tx) error {
	if a.end <= a.seen {
		return nil
	}
	return errors.Join(a.sums.out.store(tx, a.run, a.no), setSeen(tx, a.no, a.device, a.end))
}

func storeAll(tx *index.Tx, list []*ahead, damage *[]points.Damage) error {
	for _, a := range list {
		*damage = append(*damage, a.damage...)
		if err := a.store(tx); err != nil {
			return err
		}
	}
	return nil
}

// catchUpFile is catchUp of one file; it says up to where the file is good.
func catchUpFile(tx *index.Tx, runs, id, device string) (end int64, damage []points.Damage, err error) {
	a, behind, err := lookAt(tx, runs, pointFile{id, device})
	if err != nil || !behind {
		return a.seen, nil, err
	}
	if err := a.scan(); err != nil {
		return a.end, a.damage, err
	}
	return a.end, a.damage, a.store(tx)
}
