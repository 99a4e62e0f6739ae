package run

import (
	"context"
	"maps"
	"slices"

	"rondo/backend/run/points"
)

// LogAll logs what one call may not take in as many as it needs, and leaves out what
// none takes, such as a value that is too large. It returns how many those were.
func (s *Service) LogAll(ctx context.Context, id string, b Batch) (left int, err error) {
	list := slices.DeleteFunc(slices.Clone(b.Points), func(p Point) bool { return p.check() != nil })
	left = len(b.Points) - len(list)
	for part := range slices.Chunk(list, points.MaxBatch) {
		if err := s.Log(ctx, id, Batch{Points: part}); err != nil {
			return left, err
		}
	}
	keys := slices.DeleteFunc(slices.Sorted(maps.Keys(b.Params)), func(k string) bool {
		return checkPairs("param", map[string]string{k: b.Params[k]}, maxValue) != nil
	})
	left += len(b.Params) - len(keys)
	for part := range slices.Chunk(keys, maxPairs) {
		params := map[string]string{}
		for _, k := range part {
			params[k] = b.Params[k]
		}
		if err := s.Log(ctx, id, Batch{Params: params}); err != nil {
			return left, err
		}
	}
	if len(b.Tags) == 0 {
		return left, nil
	}
	return left, s.Log(ctx, id, Batch{Tags: b.Tags})
}
