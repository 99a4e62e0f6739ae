package run

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/run/points"
)

// Verify reads every file of metric points whole and names the places that do not
// hold what was written.
func (s *Service) Verify(ctx context.Context) ([]points.Damage, error) {
	return Verify(ctx, s.opts.Dir)
}

// Verify is Service.Verify of a project folder that need not be open.
func Verify(ctx context.Context, dir string) (all []points.Damage, err error) {
	files, err := pointFiles(runsDir(dir))
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		_, damage, err := points.Scan(pointsFile(runsDir(dir), f.run, f.device), 0, func(b points.Block) error { return b.Each(none, nil) })
		if err != nil {
			return all, err
		}
		all = append(all, relative(dir, damage)...)
	}
	return all, err
}

// none decodes no point: what is checked is that the block's parts fit.
func none(string) bool { return false }

func relative(dir string, list []points.Damage) []points.Damage {
	for i, d := range list {
		if rel, err := filepath.Rel(dir, d.File); err == nil {
			list[i].File = filepath.ToSlash(rel)
		}
	}
	return list
}

// pointFile is one device's file of one run's points.
type pointFile struct{ run, device string }

// pointFiles lists them all.
func pointFiles(runs string) (list []pointFile, err error) {
	dirs, err := os.ReadDir(runs)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "list the runs' folders")
	}
	for _, d := range dirs {
		if !d.IsDir() || checkRunID(d.Name()) != nil {
			continue
		}
		list = append(list, filesOf(runs, d.Name())...)
	}
	return list, nil
}

// filesOf lists those of one run; one without points has none.
func filesOf(runs, id string) (list []pointFile) {
	files, err := os.ReadDir(filepath.Join(runs, id, "metrics"))
	if err != nil {
		return nil
	}
	for _, f := range files {
		if device, ok := strings.CutSuffix(f.Name(), pointsSuffix); ok && f.Type().IsRegular() {
			list = append(list, pointFile{id, device})
		}
	}
	return list
}
