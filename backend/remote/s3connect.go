package remote

import (
	"bufio"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"rondo/backend/errs"
)

const credentialsHint = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or put them into ~/.aws/credentials (?profile=NAME chooses one); " +
	"a server that runs already has the environment it was started with: `rondo stop`, then again"

// connectS3 readies a client from the address and from what Amazon's tools read:
// environment, ~/.aws/credentials and ~/.aws/config.
func connectS3(o S3Options, way http.RoundTripper) (*minio.Client, error) {
	profile := or(o.Profile, os.Getenv("AWS_PROFILE"), "default")
	shared := sharedConfig(profile)
	host, secure, err := endpoint(or(o.Endpoint, os.Getenv("AWS_ENDPOINT_URL_S3"), os.Getenv("AWS_ENDPOINT_URL"), shared["endpoint_url"]))
	if err != nil {
		return nil, err
	}
	look := minio.BucketLookupAuto
	if o.PathStyle || shared["addressing_style"] == "path" {
		look = minio.BucketLookupPath
	}
	providers := []credentials.Provider{&credentials.EnvAWS{}, &credentials.EnvMinio{}, &credentials.FileAWSCredentials{Profile: profile}}
	if o.Profile != "" { // a profile that is named in the address comes before the environment
		providers = []credentials.Provider{&credentials.FileAWSCredentials{Profile: profile}}
	}
	if o.Keys.File != "" {
		providers = append([]credentials.Provider{&credentials.FileAWSCredentials{Filename: o.Keys.File, Profile: profile}}, providers...)
	}
	if o.Keys.ID != "" {
		providers = append([]credentials.Provider{&credentials.Static{Value: credentials.Value{
			AccessKeyID: o.Keys.ID, SecretAccessKey: o.Keys.Secret, SessionToken: o.Keys.Session, SignerType: credentials.SignatureV4,
		}}}, providers...)
	}
	c, err := minio.New(host, &minio.Options{
		Creds: credentials.NewChainCredentials(providers), Secure: secure, BucketLookup: look, MaxRetries: 5, Transport: way,
		Region: or(o.Region, os.Getenv("AWS_REGION"), os.Getenv("AWS_DEFAULT_REGION"), shared["region"]),
	})
	if err != nil {
		return nil, errs.New(errs.Invalid, "%s is no S3 store: %w", host, err).WithHint("check the endpoint in the remote's address")
	}
	return c, nil
}

const amazon = "s3.amazonaws.com"

func endpoint(text string) (host string, secure bool, err error) {
	if text == "" {
		return amazon, true, nil
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", false, errs.New(errs.Invalid, "%q is no endpoint", redacted(text)).WithHint("write HOST, HOST:PORT or http://HOST:PORT")
	}
	return u.Host, u.Scheme == "https", nil
}

// sharedConfig reads the profile of ~/.aws/config.
func sharedConfig(profile string) map[string]string {
	home, _ := os.UserHomeDir()
	f, err := os.Open(or(os.Getenv("AWS_CONFIG_FILE"), filepath.Join(home, ".aws", "config")))
	values := map[string]string{}
	if err != nil {
		return values
	}
	defer f.Close()
	inside := false
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if strings.HasPrefix(line, "[") {
			name := strings.TrimSpace(strings.TrimPrefix(strings.Trim(line, "[] "), "profile "))
			inside = name == profile
			continue
		}
		if key, value, ok := strings.Cut(line, "="); ok && inside && !strings.HasPrefix(line, "#") {
			values[strings.TrimSpace(key)] = strings.TrimSpace(value)
		}
	}
	return values
}
