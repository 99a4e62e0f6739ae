package search

import "slices"

// Top returns the first n rows in the order of compare, sorted. It changes the list.
func Top(rows []int32, n int, compare func(a, b int32) int) []int32 {
	if n >= len(rows)/4 {
		slices.SortFunc(rows, compare)
		return rows[:min(n, len(rows))]
	}
	heap := rows[:n] // the last of the best is at its root
	for i := n/2 - 1; i >= 0; i-- {
		sink(heap, i, compare)
	}
	for _, r := range rows[n:] {
		if compare(r, heap[0]) < 0 {
			heap[0] = r
			sink(heap, 0, compare)
		}
	}
	slices.SortFunc(heap, compare)
	return heap
}

func sink(heap []int32, i int, compare func(a, b int32) int) {
	for {
		last := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(heap); child++ {
			if compare(heap[child], heap[last]) > 0 {
				last = child
			}
		}
		if last == i {
			return
		}
		heap[i], heap[last] = heap[last], heap[i]
		i = last
	}
}
