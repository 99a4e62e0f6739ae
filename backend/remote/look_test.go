package remote_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"rondo/backend/remote"
	"rondo/backend/remote/remotetest"
)

// TestALookFindsWhatAskingFinds, whatever the folders are that the names lie in.
func TestALookFindsWhatAskingFinds(t *testing.T) {
	each(t, func(t *testing.T, address string) {
		r := open(t, address)
		var names []string
		for i := range 60 {
			name := fmt.Sprintf("objects/%02x/%d", i%3*i%5, i)
			if names = append(names, name); i%4 > 0 {
				put(t, r, name)
			}
		}
		put(t, r, "top", "objects/00/not asked for")
		for _, some := range [][]string{names, names[:7], {"top", "nothing"}, nil} {
			want, err := r.Sizes(t.Context(), some)
			must(t, err)
			got, err := remote.Look(t.Context(), r, some)
			if err != nil || !maps.Equal(got, want) {
				t.Errorf("%d names: %v %v, wanted %v", len(some), got, err, want)
			}
		}
	})
}

// TestALookAsksFewQuestions: a page of a list where many are in a folder, one for each where few
// are, or the folder is so full that pages of it would cost more.
func TestALookAsksFewQuestions(t *testing.T) {
	s3 := remotetest.StartFakeS3(t)
	s3.Change(func(b map[string][]byte) {
		for i := range 900 {
			b[fmt.Sprintf("some/%d", i)] = []byte("1")
		}
		for i := range 20_000 {
			b[fmt.Sprintf("full/%d", i)] = []byte("1")
		}
	})
	r := open(t, s3.Address)
	asks := func(folder string, n int) (lists, heads int) {
		t.Helper()
		l, h := s3.Asked("LIST"), s3.Asked("HEAD")
		var names []string
		for range n {
			names = append(names, fmt.Sprintf("%s/%d", folder, rand.IntN(2_000)))
		}
		got, err := remote.Look(t.Context(), r, names)
		must(t, err)
		for _, name := range names {
			var i int
			_, _ = fmt.Sscanf(name[strings.Index(name, "/")+1:], "%d", &i)
			if _, there := got[name]; there != (folder == "full" || i < 900) {
				t.Errorf("%s: %t", name, there)
			}
		}
		return s3.Asked("LIST") - l, s3.Asked("HEAD") - h
	}
	for _, c := range []struct {
		folder              string
		n, maxLists, maxAsk int
	}{{"some", 300, 1, 0}, {"some", 3, 0, 3}, {"full", 30, 7, 30}, {"full", 500, 21, 0}} {
		if lists, heads := asks(c.folder, c.n); lists > c.maxLists || heads > c.maxAsk || lists+heads == 0 {
			t.Errorf("%d of %s: %d lists and %d questions", c.n, c.folder, lists, heads)
		}
	}
}
