package run_test

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"testing"

	"rondo/backend/run"
)

// TestManyWhoSendTheSameFile at once leave one of theirs there, and none that is taken for damaged.
func TestManyWhoSendTheSameFile(t *testing.T) {
	h := open(t, t.TempDir())
	r := h.run(t, run.Create{})
	for round := range 20 {
		var all sync.WaitGroup
		for i := range 24 {
			all.Go(func() {
				_, err := h.PutArtifact(t.Context(), r.ID, "model.bin", bytes.NewReader(bytes.Repeat([]byte(fmt.Sprint(round, i, " ")), 1+i*3000)))
				must(t, err)
			})
		}
		all.Wait()
		f, _, err := h.OpenArtifact(t.Context(), r.ID, "model.bin")
		must(t, err)
		_, err = io.Copy(io.Discard, f)
		must(t, err)
		f.Close()
	}
}
