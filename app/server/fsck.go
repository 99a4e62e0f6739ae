package server

import (
	"context"
	"path/filepath"
	"time"

	"rondo/backend/api"
	"rondo/backend/errs"
	"rondo/backend/journal"
	"rondo/backend/project"
	"rondo/backend/store"
)

// path returns the place of something in this device's folder.
func (s *Server) path(elem ...string) string {
	return filepath.Join(append([]string{s.deviceDir}, elem...)...)
}

// Fsck implements api.House: it reads every record and every object and names what
// is not what was written.
func (s *Server) Fsck(ctx context.Context) (api.Health, error) {
	begin := time.Now()
	h := api.Health{Damaged: []api.Damage{}, At: begin.UTC()}
	records, damaged, err := journal.Verify(s.project.Path(project.PrivateDir, "journal"))
	if err != nil {
		return h, err
	}
	h.Records = records
	for _, d := range damaged {
		h.Damaged = append(h.Damaged, api.Damage{Kind: "record", File: "journal", Message: d.Error()})
	}
	h.Objects, err = s.house.store.Verify(ctx, func(i store.Info, err error) {
		h.Damaged = append(h.Damaged, api.Damage{Kind: "object", File: i.File, Message: errorText(err)})
	})
	h.OK, h.Duration = len(h.Damaged) == 0, time.Since(begin).Milliseconds()
	return h, err
}

func errorText(err error) string {
	if hint := errs.HintOf(err); hint != "" {
		return err.Error() + " (" + hint + ")"
	}
	return err.Error()
}
