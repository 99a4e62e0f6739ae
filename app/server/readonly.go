package server

import (
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"

	"rondo/backend/api"
	"rondo/backend/errs"
	"rondo/backend/project"
	"rondo/backend/store"
)

// A project that may not be written to, as on a disk that is mounted for reading or of another
// person, is opened for reading: what is known of it lies in this device's folder.

// lookWritable tries what everything else relies on, and notes why that cannot be.
func (s *Server) lookWritable() error {
	f, err := os.CreateTemp(s.project.Path(project.PrivateDir), ".probe*")
	if err == nil {
		return errors.Join(f.Close(), os.Remove(f.Name()))
	}
	var at *os.PathError
	if errors.As(err, &at) {
		err = at.Err // the name is of no interest
	}
	s.readOnly = errs.New(errs.Precondition, "%s may not be written to (%w), so that it can only be looked at", s.project.Dir, err).
		WithHint("give yourself the right to write there, or copy the folder; `rondo stop`, then again")
	s.project.ReadOnly = "it may not be written to: " + err.Error()
	s.notices = append(s.notices, s.readOnly.Error())
	return nil
}

// openStore opens the objects, for reading where nothing may be written.
func (s *Server) openStore() (*store.Store, error) {
	dir := s.project.Path(project.PrivateDir, "objects")
	if s.readOnly != nil {
		return store.View(dir)
	}
	return store.Open(dir)
}

// captures is where predictions would go, of which there are none while the project is only looked at.
func (s *Server) captures() string {
	if s.readOnly != nil {
		return s.path("captures")
	}
	return ""
}

// onlyReading lets through what changes nothing in a project that may not be changed.
func (s *Server) onlyReading(next http.Handler) http.Handler {
	if s.readOnly == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !onlyReads(req) {
			api.WriteError(w, req, s.readOnly)
			return
		}
		next.ServeHTTP(w, req)
	})
}

// readingPosts are the ends of the paths that a question is posted to, or what changes other places only.
var readingPosts = []string{"/sql", "/verify", "/search", "/pipeline/preview", "/get-history-bulk", "/graphql", api.Prefix + "/fsck", api.Prefix + "/remotes", api.Prefix + "/remotes/push", api.Prefix + "/launch", api.Prefix + "/stop"}

func onlyReads(req *http.Request) bool {
	switch req.Method {
	case http.MethodGet, http.MethodHead:
		return true
	case http.MethodPost:
		return slices.ContainsFunc(readingPosts, func(end string) bool { return strings.HasSuffix(req.URL.Path, end) })
	}
	return false
}
