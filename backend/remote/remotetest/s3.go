package remotetest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	accessKey = "rondo-test"
	secretKey = "rondo-test-secret"
)

// StartS3 starts an S3 store with an empty bucket and returns the bucket's address. The
// credentials are in the environment, as a person has them. It is moto of .venv, or what
// RONDO_TEST_S3 names: an endpoint that is there already, such as http://127.0.0.1:9000.
func StartS3(t testing.TB) string {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", accessKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", secretKey)
	t.Setenv("AWS_REGION", "us-east-1")
	t.Setenv("AWS_PROFILE", "")
	t.Setenv("AWS_SESSION_TOKEN", "")
	host := os.Getenv("RONDO_TEST_S3")
	if host == "" {
		host = startMoto(t)
	}
	c, err := minio.New(host, &minio.Options{Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Region: "us-east-1", BucketLookup: minio.BucketLookupPath})
	must(t, err)
	bucket := "rondo-" + freePort(t)
	must(t, c.MakeBucket(context.Background(), bucket, minio.MakeBucketOptions{}))
	return "s3://" + bucket + "/team/data?path_style=true&endpoint=http://" + host
}

func startMoto(t testing.TB) (host string) {
	t.Helper()
	program := moto()
	if program == "" {
		t.Skip("skipped: no S3 store to talk to (moto is not in .venv, and RONDO_TEST_S3 names none)")
	}
	port := freePort(t)
	var said bytes.Buffer
	cmd := exec.Command(program, "-H", "127.0.0.1", "-p", port)
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=" + secretKey}
	must(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	host = "127.0.0.1:" + port
	if !answers(host, time.Minute) {
		t.Fatalf("moto does not answer: %s", said.String())
	}
	return host
}

// moto finds the program in the repository's .venv, wherever the test stands.
func moto() string {
	if p := os.Getenv("RONDO_TEST_MOTO"); p != "" {
		return p
	}
	dir, err := os.Getwd()
	for err == nil && dir != filepath.Dir(dir) {
		p := filepath.Join(dir, ".venv", "bin", "moto_server")
		if _, err := os.Stat(p); err == nil {
			return p
		}
		dir = filepath.Dir(dir)
	}
	return ""
}
