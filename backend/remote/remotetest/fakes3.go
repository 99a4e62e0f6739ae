package remotetest

import (
	"bufio"
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// FakeS3 is a store in memory that does as it is told: it may lose, change, refuse and cut off.
// It knows as much of the protocol as whole blobs take.
type FakeS3 struct {
	Address string // of the remote
	// Meddle is asked first, with the name of the blob; empty: of the bucket. It reports whether
	// it has answered. It may be nil.
	Meddle func(w http.ResponseWriter, r *http.Request, name string) bool
	Page   int // how many blobs a page of a list has

	mu    sync.Mutex
	blobs map[string][]byte
	asked map[string]int
}

// StartFakeS3 starts a store with an empty bucket.
func StartFakeS3(t testing.TB) *FakeS3 {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", accessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secretKey)
	f := &FakeS3{Page: 1000, blobs: map[string][]byte{}, asked: map[string]int{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	f.Address = "s3://bucket?region=us-east-1&path_style=true&endpoint=" + server.URL
	return f
}

// Refuse answers with a status and a code, as Amazon lists them.
func Refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
	}{Code: code})
}

// Cut ends the connection of a request.
func Cut(w http.ResponseWriter) {
	if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
		c.Close()
	}
}

// Change lets fn change what the blobs hold.
func (f *FakeS3) Change(fn func(blobs map[string][]byte)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fn(f.blobs)
}

// Asked is how often a method was asked of blobs, or of the bucket as "LIST".
func (f *FakeS3) Asked(method string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[method]
}

func (f *FakeS3) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name := strings.Trim(strings.TrimPrefix(r.URL.Path, "/bucket"), "/")
	f.count(r, name)
	switch {
	case f.Meddle != nil && f.Meddle(w, r, name):
	case name == "" && r.URL.Query().Has("list-type"):
		f.list(w, r)
	case name == "":
	case r.Method == http.MethodPut:
		f.put(w, r, name)
	case r.Method == http.MethodDelete:
		f.Change(func(b map[string][]byte) { delete(b, name) })
		w.WriteHeader(http.StatusNoContent)
	default:
		f.get(w, r, name)
	}
}

func (f *FakeS3) count(r *http.Request, name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if name == "" {
		f.asked["LIST"]++
	} else {
		f.asked[r.Method]++
	}
}

func (f *FakeS3) get(w http.ResponseWriter, r *http.Request, name string) {
	f.mu.Lock()
	b, ok := f.blobs[name]
	f.mu.Unlock()
	if !ok {
		Refuse(w, http.StatusNotFound, "NoSuchKey")
		return
	}
	w.Header().Set("ETag", `"1"`)
	http.ServeContent(w, r, "", time.Unix(1e9, 0), bytes.NewReader(b))
}

func (f *FakeS3) put(w http.ResponseWriter, r *http.Request, name string) {
	b, err := body(r)
	sum := md5.Sum(b)
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case err != nil || r.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]):
		Refuse(w, http.StatusBadRequest, "BadDigest")
	case r.Header.Get("If-None-Match") == "*" && f.blobs[name] != nil:
		Refuse(w, http.StatusPreconditionFailed, "PreconditionFailed")
	default:
		f.blobs[name] = b
		w.Header().Set("ETag", `"1"`)
	}
}

// body is what a request brings, without the signatures in it.
func body(r *http.Request) (all []byte, err error) {
	if !strings.HasPrefix(r.Header.Get("X-Amz-Content-Sha256"), "STREAMING-") {
		return io.ReadAll(r.Body)
	}
	lines := bufio.NewReader(r.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			return nil, err
		}
		length, _, _ := strings.Cut(strings.TrimSpace(line), ";")
		n, err := strconv.ParseInt(length, 16, 32)
		if err != nil || n == 0 {
			return all, err
		}
		b := make([]byte, n+2) // and the end of the line
		if _, err := io.ReadFull(lines, b); err != nil {
			return nil, err
		}
		all = append(all, b[:n]...)
	}
}

type listed struct {
	Key  string
	Size int
}

func (f *FakeS3) list(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	var all []listed
	f.Change(func(blobs map[string][]byte) {
		for name, b := range blobs {
			if strings.HasPrefix(name, q.Get("prefix")) && name > q.Get("continuation-token") {
				all = append(all, listed{name, len(b)})
			}
		}
	})
	slices.SortFunc(all, func(a, b listed) int { return strings.Compare(a.Key, b.Key) })
	more, next := len(all) > f.Page, ""
	if more {
		all = all[:f.Page]
		next = all[f.Page-1].Key
	}
	writeList(w, all, more, next)
}

// writeList answers with a page of a list.
func writeList(w http.ResponseWriter, all []listed, more bool, next string) {
	_ = xml.NewEncoder(w).Encode(struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string   `xml:",omitempty"`
		Contents              []listed `xml:"Contents"`
	}{IsTruncated: more, NextContinuationToken: next, Contents: all})
}

// Repeat answers every page of a list with the same one, which says that there are more.
func Repeat(w http.ResponseWriter, names ...string) {
	var all []listed
	for _, name := range names {
		all = append(all, listed{name, 1})
	}
	writeList(w, all, true, fmt.Sprint(len(names)))
}
