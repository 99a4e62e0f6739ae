package webhook

import (
	"context"
	"net/http"
)

// DialsInside connects to an address as a delivery would, past the check of its spelling.
func DialsInside(ctx context.Context, s *Service, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	res, err := s.http.Do(req)
	if err == nil {
		res.Body.Close()
	}
	return err
}
