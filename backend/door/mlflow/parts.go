package mlflow

import (
	"errors"
	"runtime"
	"slices"
	"sync"
)

const mostRoom = 32 << 20 // bytes that are set aside for an answer before it is known how long it is

// inParts writes an answer that is one long list and the token of the next page, with
// as many processors as there are: each writes atOnce elements or more, and the pieces
// are sent one after the other.
func inParts[T any](name string, list []T, atOnce int, next string, one func(b []byte, v *T) ([]byte, error)) ([][]byte, error) {
	if len(list) == 0 {
		return [][]byte{endOf("{", next)}, nil
	}
	parts := min(runtime.GOMAXPROCS(0), 1+len(list)/atOnce)
	out, fails := make([][]byte, parts+1), make([]error, parts)
	var wg sync.WaitGroup
	for i := range parts {
		before, part := ",", list[i*len(list)/parts:(i+1)*len(list)/parts]
		if i == 0 {
			before = `{"` + name + `":[`
		}
		wg.Go(func() { out[i], fails[i] = appendAll([]byte(before), part, one) })
	}
	wg.Wait()
	out[parts] = endOf("],", next)
	return out, errors.Join(fails...)
}

func appendAll[T any](b []byte, list []T, one func(b []byte, v *T) ([]byte, error)) (_ []byte, err error) {
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = one(b, &list[i]); err != nil {
			return nil, err
		}
		if i == 0 { // the others will be about as long
			b = slices.Grow(b, min(len(list)*len(b)*9/8, mostRoom))
		}
	}
	return b, nil
}

func endOf(before, next string) []byte {
	b := []byte(before)
	if next != "" {
		b = appendText(append(b, `"next_page_token":`...), next)
	}
	return closed(b)
}
