package git_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rondo/backend/errs"
)

// TestWhyAServerDoesNotLetIn: who is not known yet is told how to say who it is, who may not is told that,
// and where the server cannot prove who it is nothing is sent there.
func TestWhyAServerDoesNotLetIn(t *testing.T) {
	top, _ := repository(t, "")
	for _, c := range []struct {
		status     int
		says, hint string
	}{
		{http.StatusUnauthorized, "wants a name and a password", ".netrc"},
		{http.StatusForbidden, "does not let you", "ask who runs it"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(c.status) }))
		_, err := far(t, top, server.URL+"/all.git").Refs(ctx, "refs/")
		server.Close()
		if !errs.Is(err, errs.Denied) || !strings.Contains(err.Error(), c.says) || !strings.Contains(errs.HintOf(err), c.hint) {
			t.Errorf("%d: %v; %s", c.status, err, errs.HintOf(err))
		}
	}
	unknown := httptest.NewUnstartedServer(http.NotFoundHandler())
	unknown.Config.ErrorLog = log.New(io.Discard, "", 0)
	unknown.StartTLS()
	defer unknown.Close()
	if _, err := far(t, top, unknown.URL+"/all.git").Refs(ctx, "refs/"); !errs.Is(err, errs.Denied) || !strings.Contains(err.Error(), "cannot prove") || !strings.Contains(errs.HintOf(err), "SSL_CERT_FILE=") {
		t.Errorf("a certificate that nobody knows: %v; %s", err, errs.HintOf(err))
	}
}
