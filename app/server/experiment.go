package server

import (
	"context"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/pipeline"
	"rondo/backend/project"
)

// experiment readies an experiment of DVC's. What its params make of commands that are trusted is
// trusted, too: who asks for it has written those values.
func (h *house) experiment(_ context.Context, e pipeline.Experiment, force, dry bool) (*project.File, pipeline.Experiment, error) {
	p, err := dvc.Open(h.server.project.Dir)
	if err != nil {
		return nil, e, err
	}
	defer p.Close()
	if !dry {
		if e, err = p.PlanExperiment(e, force); err != nil {
			return nil, e, err
		}
	}
	file := *h.file.get()
	err = p.SupposeAgreed(e.Set, func() error {
		if file.Stages = p.Stages(); dry {
			return nil
		}
		return h.trust.Check(&file)
	})
	if err != nil {
		return nil, e, err
	}
	if file.Stages = p.Stages(); len(file.Stages) == 0 {
		return nil, e, errs.New(errs.Precondition, "no dvc.yaml has stages").WithHint("`rondo stage add` writes one")
	}
	if dry {
		return &file, e, nil
	}
	return &file, e, h.trust.Add(file.TrustDigest())
}
