package dataset

import "rondo/backend/dataset/table"

// headerOf is what rondo.yaml says of the first lines of a dataset's tables: as it lies there now, or
// where it has an error as it was before.
func (s *Service) headerOf(name string) table.Header {
	if s.opts.Declared == nil {
		return table.HeaderByLook
	}
	settings, _ := s.opts.Declared()
	return settings[name].Header
}
