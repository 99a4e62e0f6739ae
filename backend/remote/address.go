package remote

import (
	"context"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"

	"rondo/backend/errs"
)

// Kinds of remotes.
const (
	KindFolder = "folder"
	KindSFTP   = "sftp"
	KindS3     = "s3"
)

// Address says where a remote is. It never holds a secret.
type Address struct {
	Kind   string
	Path   string // of the folder, or after the bucket
	Host   string // of sftp: a name of ~/.ssh/config or of the network
	User   string
	Port   string
	Key    string // a file with a private key, before those of ~/.ssh; in no text
	Login  Login  // of another tool's settings; in no text
	Bucket string
	S3     S3Options
}

// S3Options are what the address of a bucket may say beside it.
type S3Options struct {
	Endpoint  string // host[:port], with http:// where it is not encrypted; empty: Amazon's
	Region    string
	Profile   string // of the shared credentials file
	PathStyle bool   // the bucket is in the path, not in the host's name
	Keys      S3Keys // of another tool's settings; in no text
}

// Login is how another tool's settings let in by ssh, beside keys and agent.
type Login struct {
	Password   string
	Passphrase string // of the key files
	NoAgent    bool
}

// S3Keys are credentials that come before those of the environment.
type S3Keys struct {
	ID, Secret, Session string
	File                string // of credentials, instead of ~/.aws/credentials
}

const addressHint = "write a full path, sftp://USER@HOST/PATH or s3://BUCKET/PREFIX?endpoint=HOST&region=REGION"

// scp is how ssh's own tools write a folder of another computer.
var scp = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([^/@:\\]+@)?([^/@:\\]{2,}):(.*)$`) })

// ParseAddress reads an address. Those with a password or key in them are refused: it
// would stand in a file, and in the list of what was typed.
func ParseAddress(text string) (Address, error) {
	scheme, _, isURL := strings.Cut(text, "://")
	if !isURL {
		if filepath.IsAbs(text) {
			return Address{Kind: KindFolder, Path: filepath.Clean(text)}, nil
		}
		if m := scp().FindStringSubmatch(text); m != nil {
			return parseSCP(m)
		}
		return Address{}, errs.New(errs.Invalid, "%q is no full path and no address of a remote", text).WithHint(addressHint)
	}
	u, err := url.Parse(text)
	if err != nil || u.Fragment != "" {
		return Address{}, errs.New(errs.Invalid, "%q is no address of a remote", redacted(text)).WithHint(addressHint)
	}
	if _, secret := u.User.Password(); secret {
		return Address{}, errs.New(errs.Invalid, "an address of a remote must not hold a password").
			WithHint("leave it out: ssh uses your agent and keys, S3 your environment (AWS_ACCESS_KEY_ID …) or ~/.aws/credentials")
	}
	switch strings.ToLower(scheme) {
	case "sftp", "ssh":
		return parseSFTP(u)
	case "s3":
		return parseS3(u)
	case "file":
		return Address{Kind: KindFolder, Path: filepath.Clean(filepath.FromSlash(u.Path))}, nil
	}
	return Address{}, errs.New(errs.Invalid, "%s:// is no kind of remote", scheme).WithHint(addressHint)
}

// redacted leaves out what may be a secret.
func redacted(text string) string {
	if i := strings.LastIndex(text, "@"); i > 0 {
		return "…" + text[i:]
	}
	return text
}

// port is what looks like one where ssh's own form has the path.
var port = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^([0-9]{1,5}):(/.*)$`) })

func parseSCP(m []string) (Address, error) {
	if p := port().FindStringSubmatch(m[3]); p != nil {
		return Address{}, errs.New(errs.Invalid, "%s%s:%s has a port where the folder begins", m[1], m[2], m[3]).
			WithHint("a folder there by that port is sftp://%s%s:%s%s; one that is called so is %s%s:./%s", m[1], m[2], p[1], p[2], m[1], m[2], m[3])
	}
	a := Address{Kind: KindSFTP, User: strings.TrimSuffix(m[1], "@"), Host: m[2], Path: m[3]}
	return a, checkSFTP(a)
}

func parseSFTP(u *url.URL) (Address, error) {
	a := Address{Kind: KindSFTP, User: u.User.Username(), Host: u.Hostname(), Port: u.Port(), Path: u.Path}
	if rest, home := strings.CutPrefix(a.Path, "/~/"); home {
		a.Path = rest
	}
	return a, checkSFTP(a)
}

func checkSFTP(a Address) error {
	if a.Host == "" || strings.HasPrefix(a.Host, "-") || strings.Trim(a.Path, "/.") == "" {
		return errs.New(errs.Invalid, "the address names no folder of another computer").
			WithHint("write sftp://USER@HOST/PATH; /~/PATH is a folder in your home there")
	}
	return nil
}

func parseS3(u *url.URL) (Address, error) {
	a := Address{Kind: KindS3, Bucket: u.Host, Path: strings.Trim(u.Path, "/")}
	if a.Bucket == "" || u.User != nil {
		return a, errs.New(errs.Invalid, "the address names no bucket").WithHint("write s3://BUCKET/PREFIX?endpoint=HOST&region=REGION")
	}
	for key, values := range u.Query() {
		v := values[0]
		switch key {
		case "endpoint":
			a.S3.Endpoint = v
		case "region":
			a.S3.Region = v
		case "profile":
			a.S3.Profile = v
		case "path_style":
			a.S3.PathStyle = v == "" || v == "true" || v == "1"
		default:
			return a, errs.New(errs.Invalid, "an address of a bucket has no %q", key).
				WithHint("it may have endpoint, region, profile and path_style; keys and secrets belong into your environment or ~/.aws/credentials")
		}
	}
	return a, nil
}

// Open connects to a remote. Nothing is written there.
func Open(ctx context.Context, a Address) (Remote, error) {
	switch a.Kind {
	case KindSFTP:
		return openSFTP(ctx, a)
	case KindS3:
		return openS3(ctx, a)
	}
	return OpenFolder(a.Path)
}
