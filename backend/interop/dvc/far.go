package dvc

import (
	"context"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/metafile"
	"rondo/backend/interop/dvc/web"
	"rondo/backend/remote"
)

// far is a remote of DVC's, which has objects under the names that the cache has.
type far interface {
	// Sizes looks for many objects at once; those that are not there are left out.
	Sizes(ctx context.Context, names []string) (map[string]int64, error)
	Get(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error)
	Put(ctx context.Context, name string, content *io.SectionReader) (stored bool, err error)
	Close() error
}

// farName is the name of an object in a remote: both layouts are as in the cache.
func farName(hash, md5 string) string {
	if hash == metafile.Dos2Unix {
		return md5[:2] + "/" + md5[2:]
	}
	return "files/md5/" + md5[:2] + "/" + md5[2:]
}

// openFar opens a remote of the config: a folder, ssh, S3 or http. An empty name is the
// default one.
func (p *Project) openFar(ctx context.Context, name string) (far, error) {
	if name == "" {
		name = p.Config["core"]["remote"]
	}
	if name == "" {
		return nil, errs.New(errs.Precondition, "the DVC project has no default remote").WithHint("dvc remote add --default NAME URL, or name one with --remote")
	}
	keys, ok := p.Config[`remote "`+name+`"`]
	if !ok {
		return nil, errs.New(errs.NotFound, ".dvc/config has no remote %s", name).WithHint("dvc remote add %s URL", name)
	}
	at, err := p.farAddress(keys)
	if err != nil {
		return nil, errs.New(errs.KindOf(err), "the remote %s: %w", name, err).WithHint("%s", errs.HintOf(err))
	}
	if keepsVersions(keys) {
		return p.openVersions(ctx, name, at, keys)
	}
	if u, err := url.Parse(at); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
		return web.New(strings.TrimSuffix(at, "/"), keys), nil
	}
	a, err := remote.ParseAddress(at)
	if err != nil {
		return nil, err
	}
	return p.openAddress(ctx, name, a, keys)
}

// openAddress opens a remote with what the config says lets in there. What dvc would ask a
// person for has to be in the config: Rondo asks for no secrets.
func (p *Project) openAddress(ctx context.Context, name string, a remote.Address, keys map[string]string) (remote.Remote, error) {
	p.credentials(&a, keys)
	r, err := remote.Open(ctx, a)
	if !errs.Is(err, errs.Denied) || a.Kind != remote.KindSFTP {
		return r, err
	}
	for _, secret := range []string{"password", "passphrase"} {
		if strings.EqualFold(keys["ask_"+secret], "true") && keys[secret] == "" {
			return nil, errs.New(errs.Denied, "the remote %s: %w", name, err).
				WithHint("dvc asks for a %s there, and Rondo asks for none: dvc remote modify --local %s %s …, or let a key in", secret, name, secret)
		}
	}
	return nil, err
}

// makeFar makes the folder of a remote on a disk, which is not there before the first push.
func (p *Project) makeFar(name string) error {
	if name == "" {
		name = p.Config["core"]["remote"]
	}
	at, err := p.farAddress(p.Config[`remote "`+name+`"`])
	if err != nil {
		return nil // whoever opens it says what is wrong
	}
	if a, err := remote.ParseAddress(at); err == nil && a.Kind == remote.KindFolder {
		if err := os.MkdirAll(a.Path, 0o755); err != nil {
			return errs.New(errs.Unavailable, "the folder of the remote %s cannot be made: %w", name, err).WithHint("dvc remote modify %s url URL", name)
		}
	}
	return nil
}

// credentials are those of the config, where DVC takes them from, too: mostly config.local.
func (p *Project) credentials(a *remote.Address, keys map[string]string) {
	a.Key = p.fromConfig(keys["keyfile"])
	a.Login = remote.Login{Password: keys["password"], Passphrase: keys["passphrase"], NoAgent: strings.EqualFold(keys["allow_agent"], "false")}
	a.S3.Keys = remote.S3Keys{
		ID: keys["access_key_id"], Secret: keys["secret_access_key"], Session: keys["session_token"], File: p.fromConfig(keys["credentialpath"]),
	}
}

// fromConfig is a file that the config names, from its own folder.
func (p *Project) fromConfig(at string) string {
	if rest, home := strings.CutPrefix(at, "~/"); home {
		if dir, err := os.UserHomeDir(); err == nil {
			return filepath.Join(dir, filepath.FromSlash(rest))
		}
	}
	if at == "" || filepath.IsAbs(at) {
		return at
	}
	return filepath.Join(p.Dir, Dir, filepath.FromSlash(at))
}

// literal writes an address so that url.Parse finds in its path what stands there: in all but those of the web
// DVC takes a % and a # for a part of a name.
func literal(at string) string {
	scheme, rest, is := strings.Cut(at, "://")
	if !is || scheme == "http" || scheme == "https" {
		return at
	}
	return scheme + "://" + strings.NewReplacer("%", "%25", "#", "%23").Replace(rest)
}

// farAddress writes a remote's settings as one address, without what lets in there.
func (p *Project) farAddress(keys map[string]string) (string, error) {
	at := keys["url"]
	if at == "" {
		return "", errs.New(errs.Invalid, "it has no url").WithHint("dvc remote modify NAME url URL")
	}
	u, err := url.Parse(literal(at))
	if err != nil || len(u.Scheme) < 2 {
		if !filepath.IsAbs(at) {
			return "", errs.New(errs.Invalid, "%q is no place", at)
		}
		return at, nil
	}
	switch u.Scheme {
	case "remote":
		base := p.Config[`remote "`+u.Host+`"`]
		if base == nil || strings.HasPrefix(base["url"], "remote:") {
			return "", errs.New(errs.Invalid, "%s names no remote of the DVC project here", redacted(at)).WithHint("`rondo remote list` tells which there are")
		}
		merged := map[string]string{}
		for k, v := range base {
			merged[k] = v
		}
		for k, v := range keys {
			merged[k] = v
		}
		merged["url"] = strings.TrimSuffix(base["url"], "/") + u.Path
		return p.farAddress(merged)
	case "ssh", "sftp":
		if keys["user"] != "" {
			u.User = url.User(keys["user"])
		}
		if keys["port"] != "" {
			u.Host = u.Hostname() + ":" + keys["port"]
		}
	case "s3":
		q := url.Values{}
		for key, to := range map[string]string{"endpointurl": "endpoint", "region": "region", "profile": "profile"} {
			if v := keys[key]; v != "" {
				q.Set(to, strings.TrimPrefix(v, "https://"))
			}
		}
		u.RawQuery = q.Encode()
	case "http", "https":
	case "file":
		return "", errs.New(errs.Precondition, "%s is no address to dvc, which looks for a folder called file:", at).
			WithHint("write the path alone: %s", u.Path)
	default:
		return "", errs.New(errs.Precondition, "Rondo does not speak %s: %s", u.Scheme, redacted(at)).WithHint("dvc pull brings what is there")
	}
	return u.String(), nil
}
