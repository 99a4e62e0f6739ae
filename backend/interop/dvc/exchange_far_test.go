package dvc_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/remote/remotetest"
)

// onFakeS3 is a project of a folder with many files and of many files that are tracked one by one,
// and a store that counts.
func onFakeS3(t *testing.T, inFolder, alone int) (dir string, s3 *remotetest.FakeS3) {
	t.Helper()
	s3 = remotetest.StartFakeS3(t)
	_, endpoint, _ := strings.Cut(s3.Address, "endpoint=")
	texts := map[string]string{
		".dvc/config": "[core]\n    no_scm = true\n    remote = far\n['remote \"far\"']\n    url = s3://bucket/data\n    region = us-east-1\n    endpointurl = " + endpoint + "\n",
	}
	var names []string
	for i := range inFolder {
		texts[fmt.Sprintf("images/%d", i)] = fmt.Sprint("image ", i)
	}
	for i := range alone {
		name := fmt.Sprintf("alone%d.csv", i)
		texts[name], names = fmt.Sprint("table ", i), append(names, name)
	}
	dir = folder(t, texts)
	if err := open(t, dir).Add(context.Background(), append(names, "images")...); err != nil {
		t.Fatal(err)
	}
	return dir, s3
}

// TestFewQuestionsForMany: what a remote has of many objects its lists tell, and files that are
// tracked one by one come and go side by side.
func TestFewQuestionsForMany(t *testing.T) {
	const inFolder, alone = 3000, 40
	ctx := context.Background()
	dir, s3 := onFakeS3(t, inFolder, alone)
	asked := func(method string) func() int {
		was := s3.Asked(method)
		return func() int { return s3.Asked(method) - was }
	}
	lists, heads, puts := asked("LIST"), asked("HEAD"), asked("PUT")
	done, err := open(t, dir).Push(ctx, dvc.Exchange{})
	if err != nil || done.Objects != inFolder+alone+1 {
		t.Fatalf("%+v %v", done, err)
	}
	if heads() > 60 || lists() > 270 || puts() > inFolder+alone+10 {
		t.Errorf("a push: %d questions, %d lists, %d put", heads(), lists(), puts())
	}
	lists, heads, puts = asked("LIST"), asked("HEAD"), asked("PUT")
	if done, err = open(t, dir).Push(ctx, dvc.Exchange{}); err != nil || done.Objects != 0 || done.There != inFolder+alone+1 {
		t.Fatalf("%+v %v", done, err)
	}
	if heads() > 60 || lists() > 270 || puts() > 2 {
		t.Errorf("a push of what is there: %d questions, %d lists, %d put", heads(), lists(), puts())
	}
	lists, heads = asked("LIST"), asked("HEAD")
	if st, err := open(t, dir).CompareFar(ctx, dvc.Exchange{}); err != nil || !st.InSync() || st.Objects != inFolder+alone+1 {
		t.Fatalf("%+v %v", st, err)
	}
	if heads() > 60 || lists() > 270 {
		t.Errorf("a status: %d questions, %d lists", heads(), lists())
	}
	if err := os.RemoveAll(filepath.Join(dir, ".dvc/cache")); err != nil {
		t.Fatal(err)
	}
	if done, err = open(t, dir).Fetch(ctx, dvc.Exchange{}); err != nil || done.Objects != inFolder+alone+1 || done.There != 0 {
		t.Fatalf("%+v %v", done, err)
	}
}

// TestManyOutsMoveSideBySide, there and back.
func TestManyOutsMoveSideBySide(t *testing.T) {
	ctx := context.Background()
	dir, s3 := onFakeS3(t, 1, 20)
	check := func(method string, move func() (dvc.Exchanged, error)) {
		t.Helper()
		company := inCompany(s3, method, 3)
		if done, err := move(); err != nil || done.Objects != 22 {
			t.Fatalf("%s: %+v %v", method, done, err)
		}
		select {
		case <-company:
		default:
			t.Errorf("%s: one came after the other", method)
		}
	}
	check(http.MethodPut, func() (dvc.Exchanged, error) { return open(t, dir).Push(ctx, dvc.Exchange{}) })
	if err := os.RemoveAll(filepath.Join(dir, ".dvc/cache")); err != nil {
		t.Fatal(err)
	}
	check(http.MethodGet, func() (dvc.Exchanged, error) { return open(t, dir).Fetch(ctx, dvc.Exchange{}) })
}

// inCompany is closed once so many objects were asked for at one time. The first waits for the others,
// but not for ever.
func inCompany(s3 *remotetest.FakeS3, method string, n int32) <-chan struct{} {
	var now atomic.Int32
	var first, met sync.Once
	company := make(chan struct{})
	s3.Meddle = func(_ http.ResponseWriter, r *http.Request, name string) bool {
		if r.Method != method || !strings.HasPrefix(name, "data/files") {
			return false
		}
		if now.Add(1) >= n {
			met.Do(func() { close(company) })
		}
		defer now.Add(-1)
		first.Do(func() {
			select {
			case <-company:
			case <-time.After(10 * time.Second):
			}
		})
		return false
	}
	return company
}

// TestWhatIsGoneOfManyIsNamed, and all else comes; what is damaged there, too.
func TestWhatIsGoneOfManyIsNamed(t *testing.T) {
	ctx := context.Background()
	dir, s3 := onFakeS3(t, 5, 6)
	if _, err := open(t, dir).Push(ctx, dvc.Exchange{}); err != nil {
		t.Fatal(err)
	}
	s3.Change(func(blobs map[string][]byte) {
		for name, b := range blobs {
			switch string(b) {
			case "table 2", "image 3":
				delete(blobs, name)
			case "table 4":
				blobs[name] = []byte("tablE 4")
			}
		}
	})
	if err := os.RemoveAll(filepath.Join(dir, ".dvc/cache")); err != nil {
		t.Fatal(err)
	}
	done, err := open(t, dir).Fetch(ctx, dvc.Exchange{})
	if !errs.Is(err, errs.Corrupt) || strings.Join(done.Missing, " ") != "alone2.csv images/3" || strings.Join(done.Broken, " ") != "alone4.csv" || done.Objects != 9 {
		t.Errorf("%+v %v", done, err)
	}
}

// TestAConnectionThatBreaksOffIsTriedAgain, in the middle of what comes, and what is sent.
func TestAConnectionThatBreaksOffIsTriedAgain(t *testing.T) {
	ctx := context.Background()
	dir, s3 := onFakeS3(t, 5, 6)
	var n atomic.Int32
	s3.Meddle = func(w http.ResponseWriter, r *http.Request, name string) bool {
		if !strings.HasPrefix(name, "data/files") || n.Add(1)%3 != 0 {
			return false
		}
		remotetest.Cut(w)
		return true
	}
	if done, err := open(t, dir).Push(ctx, dvc.Exchange{}); err != nil || done.Objects != 12 {
		t.Fatalf("%+v %v", done, err)
	}
	if err := os.RemoveAll(filepath.Join(dir, ".dvc/cache")); err != nil {
		t.Fatal(err)
	}
	if done, err := open(t, dir).Fetch(ctx, dvc.Exchange{}); err != nil || done.Objects != 12 {
		t.Fatalf("%+v %v", done, err)
	}
}
