package remote_test

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"rondo/backend/errs"
	"rondo/backend/remote"
)

// conditional is a store that takes `If-None-Match: *` in its own way, and counts what is asked.
type conditional struct {
	mu    sync.Mutex
	code  int // where a blob is there already; 0: it takes no notice of the condition
	never int // what it answers to any condition; 0: it knows them
	blobs map[string]bool
	asked map[string]int
	conds int // blobs that came with a condition
	bare  int // and without their sum
}

func (c *conditional) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/bucket"), "/")
	if base := name[strings.LastIndexByte(name, '/')+1:]; strings.HasPrefix(base, ".") {
		c.asked[r.Method+" probe"]++
	} else if name != "" {
		c.asked[r.Method]++
	}
	switch {
	case name == "" && r.URL.Query().Has("list-type"):
		w.WriteHeader(http.StatusForbidden)
	case name == "":
	case r.Method == http.MethodPut:
		if r.Header.Get("Content-Md5") == "" {
			c.bare++
		}
		refused := 0
		if r.Header.Get("If-None-Match") == "*" {
			c.conds++
			if refused = c.never; refused == 0 && c.blobs[name] {
				refused = c.code
			}
		}
		if refused != 0 {
			w.WriteHeader(refused)
			_ = xml.NewEncoder(w).Encode(struct {
				XMLName xml.Name `xml:"Error"`
				Code    string
			}{Code: map[int]string{412: "PreconditionFailed", 409: "ConditionalRequestConflict", 501: "NotImplemented", 403: "AccessDenied"}[refused]})
			return
		}
		c.blobs[name] = true
		w.Header().Set("ETag", `"1"`)
	case r.Method == http.MethodDelete:
		delete(c.blobs, name)
		w.WriteHeader(http.StatusNoContent)
	case !c.blobs[name]:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Header().Set("ETag", `"1"`)
		w.Header().Set("Last-Modified", "Mon, 02 Jan 2006 15:04:05 GMT")
	}
}

func (c *conditional) open(t *testing.T) remote.Remote {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	c.blobs, c.asked = map[string]bool{"there": true}, map[string]int{}
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	return open(t, "s3://bucket?region=us-east-1&path_style=true&endpoint="+server.URL)
}

// TestStoresTakeConditionsInTheirWay: one that keeps to them is asked nothing before; of one that
// does not each blob is looked for. Which it is, is asked once, and nothing is left of that.
func TestStoresTakeConditionsInTheirWay(t *testing.T) {
	ctx := context.Background()
	for what, c := range map[string]struct {
		*conditional
		keeps bool
	}{
		"keeps to it":                {&conditional{code: 412}, true},
		"says that there is another": {&conditional{code: 409}, true},
		"takes no notice":            {&conditional{}, false},
		"does not know it":           {&conditional{never: 501}, false},
		"calls it a bad request":     {&conditional{never: 400}, false},
	} {
		t.Run(what, func(t *testing.T) {
			r := c.open(t)
			for range 2 {
				if stored, err := r.Put(ctx, "there", remote.Content([]byte("x"))); err != nil || stored {
					t.Errorf("put over another: %t %v", stored, err)
				}
			}
			if stored, err := r.Put(ctx, "new", remote.Content([]byte("x"))); err != nil || !stored {
				t.Errorf("%t %v", stored, err)
			}
			puts, heads := 1, 3
			if c.keeps {
				puts, heads = 3, 0
			}
			if got := fmt.Sprint(c.asked["PUT"], c.asked["HEAD"]); got != fmt.Sprint(puts, heads) || c.asked["PUT probe"] > 2 || len(c.blobs) != 2 {
				t.Errorf("asked %v, and there are %v", c.asked, c.blobs)
			}
			if sent := c.conds - c.asked["PUT probe"]; c.keeps != (sent == 3) {
				t.Errorf("%d blobs came with a condition", sent)
			}
			if c.bare > 0 || !r.Checks() {
				t.Errorf("%d came without the sum that the other side compares", c.bare)
			}
		})
	}
}

// TestAStoreThatRefusesTheQuestionIsTold: nothing is stored where it is not known how.
func TestAStoreThatRefusesTheQuestionIsTold(t *testing.T) {
	c := &conditional{never: 403}
	r := c.open(t)
	if stored, err := r.Put(context.Background(), "new", remote.Content([]byte("x"))); err == nil || stored || c.blobs["new"] {
		t.Errorf("%t %v", stored, err)
	}
}

// TestAListThatIsRefusedIsNotEmpty.
func TestAListThatIsRefusedIsNotEmpty(t *testing.T) {
	r := (&conditional{}).open(t)
	err := r.List(context.Background(), "objects", func(b remote.Blob) error { t.Error(b); return nil })
	if !errs.Is(err, errs.Denied) {
		t.Errorf("%v", err)
	}
}
