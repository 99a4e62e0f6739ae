package dvc

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"rondo/backend/interop/dvc/doc"
	"rondo/backend/interop/dvc/metafile"
)

// TestRememberedLocksAreWrittenAsReadOnes: what is written with the text remembered is, letter by
// letter, what is written with the text read anew, whoever has written it.
func TestRememberedLocksAreWrittenAsReadOnes(t *testing.T) {
	words := []string{"one", "a b", "it's", "x: y", "# no", "", "ü\n2", "null", "a:", strings.Repeat("long word ", 12)}
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		pick := func() string { return words[r.IntN(len(words))] }
		entry := func(i int) metafile.LockStage {
			sum := fmt.Sprintf("%032x", r.Uint64())
			if r.IntN(20) == 0 {
				sum = strings.ToUpper(sum)
			}
			s := metafile.LockStage{Name: []string{"s", "a@1-", "true", "p q"}[i%4] + fmt.Sprint(i), Cmd: pick() + "!", Deps: []metafile.Entry{{Path: "in/" + pick(), Hash: metafile.MD5, MD5: sum}}}
			if r.IntN(3) == 0 {
				s.Params = doc.NewMap("params.yaml", doc.NewMap(words[r.IntN(4)]+"k", pick()))
			}
			if r.IntN(4) == 0 {
				s.Cmd = []any{pick() + "1", pick() + "2"}
			}
			return s
		}
		var texts Readings
		var text []byte
		for range 40 {
			switch r.IntN(12) {
			case 0: // a person writes in it
				text = append([]byte("# mine\n"), text...)
			case 1:
				text = bytes.Replace(text, []byte("stages:\n"), []byte("stages:\n\n"), 1)
			case 2:
				text = bytes.TrimSuffix(text, []byte("\n"))
			}
			stages := []metafile.LockStage{entry(r.IntN(12))}
			if r.IntN(5) == 0 {
				stages = append(stages, entry(12+r.IntN(3)))
			}
			want, err := PutStages("dvc.lock", text, stages...)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, text)
			}
			got, lock, err := texts.putStages("dvc.lock", text, stages...)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("seed %d: %v\n%s\nwant:\n%s", seed, err, got, want)
			}
			read, err := metafile.ReadLock("dvc.lock", got)
			if err != nil || !bytes.Equal(lock.Text(), read.Text()) {
				t.Fatalf("seed %d: %v: it is said to hold\n%s\nand holds\n%s", seed, err, lock.Text(), read.Text())
			}
			for _, s := range read.Stages {
				if at := lock.Stage(s.Name); at == nil || at.Name != s.Name {
					t.Fatalf("seed %d: %s is not found", seed, s.Name)
				}
			}
			text = got
		}
	}
}
