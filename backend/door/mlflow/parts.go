package mlflow

import (
	"errors"
	"runtime"
	"slices"
	"sync"
)

const mostRoom = 32 << 20 // bytes that are set aside for an answer before it is known how long it is

// appendOne writes one element behind b.
type appendOne[T any] func(b []byte, v *T) ([]byte, error)

// inParts writes an answer that is one long list and the token of the next page, with
// as many processors as there are: each writes atOnce elements or more, and the pieces
// are sent one after the other. Each gets a pen of its own.
func inParts[T any](name string, list []T, atOnce int, next string, pen func() appendOne[T]) ([][]byte, error) {
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
		wg.Go(func() { out[i], fails[i] = appendAll(append(room(), before...), part, pen()) })
	}
	wg.Wait()
	out[parts] = endOf("],", next)
	return out, errors.Join(fails...)
}

func appendAll[T any](b []byte, list []T, one appendOne[T]) (_ []byte, err error) {
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

// rooms are pieces that were sent: a page of a thousand runs is five megabytes, and to
// make and clear those anew for each costs as much as writing some of them.
var rooms sync.Pool

const mostKept = 8 << 20 // bytes of a piece that is worth keeping

func room() []byte {
	if b, ok := rooms.Get().(*[]byte); ok {
		return (*b)[:0]
	}
	return nil
}

// sent gives the pieces of an answer back, which nobody may hold any more.
func sent(pieces [][]byte) {
	for _, b := range pieces {
		if cap(b) > 1<<16 && cap(b) <= mostKept {
			rooms.Put(&b)
		}
	}
}
