package server

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	"rondo/backend/api"
	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/project"
)

// Project implements api.House.
func (s *Server) Project(context.Context) (api.Project, error) {
	p := api.Project{
		Project: *s.project, Version: s.opts.Version, Device: s.device, PID: os.Getpid(),
		URL: s.info.URL, ServingURL: s.info.ServingURL, StartedAt: s.info.StartedAt,
		Repairs: slices.Concat(list(s.house.ledger.Repairs()), s.house.runs.Repairs(), s.house.serve.Repairs()), Notices: list(s.notices),
	}
	file, problem := s.house.file.current()
	p.Name, p.Problem = file.Name, asFailure(problem)
	q, err := s.house.trust.Needed(file)
	p.TrustFirst = q.Needed
	return p, err
}

func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

func asFailure(err error) *api.Failure {
	if err == nil {
		return nil
	}
	return &api.Failure{Kind: errs.KindOf(err).String(), Message: err.Error(), Hint: errs.HintOf(err)}
}

// File implements api.House. The text is what lies there now, also where it
// cannot be read as a project file.
func (s *Server) File(context.Context) (api.SourceFile, error) {
	out := api.SourceFile{}
	f, err := os.Open(s.project.Path(project.FileName))
	if err == nil {
		defer f.Close()
		b, _ := io.ReadAll(io.LimitReader(f, project.MaxFile))
		out.Text = string(b)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return out, unavailable(err, "read %s", project.FileName)
	}
	out.File, _, err = read(s.project, &dvc.Readings{})
	if err == nil {
		_, err = s.house.file.current()
	}
	out.Problem = asFailure(err)
	return out, nil
}

// SaveFile implements api.House. What the file declares begins before this returns; its commands still have to be trusted.
func (s *Server) SaveFile(ctx context.Context, change api.FileChange) (api.SourceFile, error) {
	if err := s.house.file.replace(change.Text, change.Was); err != nil {
		return api.SourceFile{}, err
	}
	s.house.upToDate(ctx)
	return s.File(ctx)
}

// Launch implements api.House.
func (s *Server) Launch(context.Context) (api.Launch, error) {
	return api.Launch{URL: s.LaunchURL()}, nil
}

// Loop implements api.House.
func (s *Server) Loop(ctx context.Context) (api.Loop, error) { return s.house.home(ctx) }
