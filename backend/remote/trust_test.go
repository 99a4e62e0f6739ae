package remote_test

import (
	"context"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"rondo/backend/errs"
	"rondo/backend/remote"
	"rondo/backend/remote/remotetest"
)

func tryOpen(t *testing.T, address string) error {
	t.Helper()
	a, err := remote.ParseAddress(address)
	if err != nil {
		return err
	}
	r, err := remote.Open(context.Background(), a)
	if err == nil {
		r.Close()
	}
	return err
}

// TestWhoIsOnTheOtherSide: a host that is not known, or shows another key, gets nothing;
// and what the hint says makes it known.
func TestWhoIsOnTheOtherSide(t *testing.T) {
	s := remotetest.StartSSHD(t)
	address := s.Address(t.TempDir())
	if err := tryOpen(t, address); err != nil {
		t.Fatal(err)
	}
	known, err := os.ReadFile(filepath.Join(s.Home, ".ssh/known_hosts"))
	must(t, err)

	s.Write(t, ".ssh/known_hosts", "")
	err = tryOpen(t, address)
	if !errs.Is(err, errs.Denied) || !strings.Contains(err.Error(), ssh.FingerprintSHA256(s.Key)) {
		t.Fatalf("a host that is not known: %v", err)
	}
	line, _, _ := strings.Cut(strings.TrimPrefix(errs.HintOf(err)[strings.Index(errs.HintOf(err), "echo '"):], "echo '"), "'")
	s.Write(t, ".ssh/known_hosts", line+"\n")
	if err := tryOpen(t, address); err != nil {
		t.Errorf("what the hint says did not help: %v", err)
	}

	other, _ := os.ReadFile(filepath.Join(s.Home, "authorized_keys"))
	s.Write(t, ".ssh/known_hosts", strings.Fields(string(known))[0]+" "+string(other))
	err = tryOpen(t, address)
	if !errs.Is(err, errs.Denied) || !strings.Contains(err.Error(), "another key") || !strings.Contains(errs.HintOf(err), "ssh-keygen -f") {
		t.Errorf("another key: %v, %s", err, errs.HintOf(err))
	}
	s.Write(t, ".ssh/known_hosts", "@revoked "+string(known))
	if err := tryOpen(t, address); !errs.Is(err, errs.Denied) {
		t.Errorf("a revoked key: %v", err)
	}
}

// TestWhoIsLetIn: without a key that is known there nobody is, and it is said what became
// of each key.
func TestWhoIsLetIn(t *testing.T) {
	s := remotetest.StartSSHD(t)
	address := s.Address(t.TempDir())
	key, err := os.ReadFile(filepath.Join(s.Home, ".ssh/id_ed25519"))
	must(t, err)
	raw, err := ssh.ParseRawPrivateKey(key)
	must(t, err)
	locked, err := ssh.MarshalPrivateKeyWithPassphrase(raw, "", []byte("secret"))
	must(t, err)
	s.Write(t, ".ssh/id_ed25519", pemText(locked))
	err = tryOpen(t, address)
	if !errs.Is(err, errs.Denied) || !strings.Contains(err.Error(), "locked by a passphrase") || !strings.Contains(errs.HintOf(err), "ssh-add") {
		t.Errorf("a locked key: %v", err)
	}
	must(t, os.Remove(filepath.Join(s.Home, ".ssh/id_ed25519")))
	if err := tryOpen(t, address); !errs.Is(err, errs.Denied) {
		t.Errorf("no key: %v", err)
	}
	s.Write(t, ".ssh/config", "Host box\n  ProxyJump elsewhere\n")
	if err := tryOpen(t, address); !errs.Is(err, errs.Precondition) || !strings.Contains(err.Error(), "ProxyJump") {
		t.Errorf("a host behind another: %v", err)
	}
	if err := tryOpen(t, "sftp://127.0.0.1:1/x"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("nobody there: %v", err)
	}
}

// TestAFolderThatIsNotForYou is named, and nothing waits or panics.
func TestAFolderThatIsNotForYou(t *testing.T) {
	s := remotetest.StartSSHD(t)
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	r := open(t, s.Address(file))
	if _, err := r.Put(context.Background(), "format", remote.Content([]byte("x"))); err == nil || errs.HintOf(err) == "" {
		t.Errorf("a file in the place of the folder: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for text, want := range map[string]remote.Address{
		"/media/disk/":                 {Kind: remote.KindFolder, Path: "/media/disk"},
		"file:///media/disk":           {Kind: remote.KindFolder, Path: "/media/disk"},
		"sftp://me@box:2222/srv/data":  {Kind: remote.KindSFTP, User: "me", Host: "box", Port: "2222", Path: "/srv/data"},
		"ssh://box/~/data":             {Kind: remote.KindSFTP, Host: "box", Path: "data"},
		"me@box:data/x":                {Kind: remote.KindSFTP, User: "me", Host: "box", Path: "data/x"},
		"box:2024/data":                {Kind: remote.KindSFTP, Host: "box", Path: "2024/data"},
		"box:./2222:/srv":              {Kind: remote.KindSFTP, Host: "box", Path: "./2222:/srv"},
		"box:/srv":                     {Kind: remote.KindSFTP, Host: "box", Path: "/srv"},
		"s3://bucket/team/data":        {Kind: remote.KindS3, Bucket: "bucket", Path: "team/data"},
		"s3://b?endpoint=h:1&region=r": {Kind: remote.KindS3, Bucket: "b", S3: remote.S3Options{Endpoint: "h:1", Region: "r"}},
		"s3://b/p?path_style=true":     {Kind: remote.KindS3, Bucket: "b", Path: "p", S3: remote.S3Options{PathStyle: true}},
	} {
		if got, err := remote.ParseAddress(text); err != nil || got != want {
			t.Errorf("%s: %+v %v", text, got, err)
		}
	}
	for _, bad := range []string{
		"relative", "", "sftp://me:secret@box/x", "s3://key:secret@b/x", "s3://b?access_key=x", "s3:///x", "ftp://h/x", "sftp:///x", "sftp://box", "sftp://box/", "sftp://-oProxyCommand=x/y", "http://h/x#y", "me@box:2222:/srv/data",
	} {
		_, err := remote.ParseAddress(bad)
		if !errs.Is(err, errs.Invalid) || errs.HintOf(err) == "" {
			t.Errorf("%q: %v", bad, err)
		}
		if err != nil && strings.Contains(err.Error()+errs.HintOf(err), ":secret") {
			t.Errorf("%q: the secret is repeated: %v", bad, err)
		}
	}
}

// TestABucketThatIsNotYours: wrong keys and no keys are told apart from a bucket that is
// not there.
func TestABucketThatIsNotYours(t *testing.T) {
	address := remotetest.StartS3(t)
	if err := tryOpen(t, strings.Replace(address, "s3://rondo", "s3://nothing", 1)); !errs.Is(err, errs.NotFound) {
		t.Errorf("no bucket: %v", err)
	}
	if err := tryOpen(t, strings.Replace(address, "endpoint=http://127.0.0.1:", "endpoint=http://127.0.0.1:1?", 1)); !errs.Is(err, errs.Invalid) {
		t.Errorf("a bad endpoint: %v", err)
	}
}

func pemText(b *pem.Block) string { return string(pem.EncodeToMemory(b)) }
