package server

// Project8 is what a cookie's name ends in.
func (s *Server) Project8() string { return s.project.ID[:8] }
