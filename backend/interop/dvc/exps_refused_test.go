package dvc_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/exp"
)

// TestWhatWasNotSentIsNotToldAsSent: a server that lets read and not write.
func TestWhatWasNotSentIsNotToldAsSent(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("service") != "git-upload-pack" {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		_, _ = io.WriteString(w, "001e# service=git-upload-pack\n00000000")
	}))
	defer server.Close()
	dir := folder(t, map[string]string{".dvc/config": "", "a.txt": "a\n"})
	gitDo(t, dir, "init", "-q", "-b", "main", ".")
	gitDo(t, dir, "add", "-A")
	gitDo(t, dir, "commit", "-q", "-m", "one")
	head := gitDo(t, dir, "rev-parse", "HEAD")
	gitDo(t, dir, "update-ref", exp.Place(head, "mine"), head)
	done, err := open(t, dir).PushExps(t.Context(), dvc.ExchangeExps{Choice: exp.Choice{All: true}, Far: server.URL + "/x.git", NoData: true})
	if !errs.Is(err, errs.Denied) || done.Moved != nil || done.UpToDate != nil {
		t.Errorf("%+v %v", done, err)
	}
}
