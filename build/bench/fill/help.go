package main

import (
	"encoding/json"
	"slices"

	"rondo/backend/run/points"
)

func marshal(v any) ([]byte, error) { return json.Marshal(v) }

func chunks(list []points.Point, n int) [][]points.Point {
	return slices.Collect(slices.Chunk(list, n))
}
