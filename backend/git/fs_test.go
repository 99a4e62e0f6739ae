package git_test

import (
	"fmt"
	"io/fs"
	"sync"
	"testing"

	"rondo/backend/git"
)

// TestManyReadOneCommit reads all files of a commit from several places at once.
func TestManyReadOneCommit(t *testing.T) {
	top, project := repository(t, "p")
	for i := range 50 {
		write(t, project, fmt.Sprintf("data/%d/in/x", i), fmt.Sprint(i))
	}
	run(t, top, "add", "-A")
	run(t, top, "commit", "-q", "-m", "many")
	r, err := git.Open(project)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := r.FS("HEAD")
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i := range 50 {
				if b, err := fs.ReadFile(tree, fmt.Sprintf("data/%d/in/x", i)); err != nil || string(b) != fmt.Sprint(i) {
					t.Errorf("%d: %q, %v", i, b, err)
				}
			}
		})
	}
	wait.Wait()
}
