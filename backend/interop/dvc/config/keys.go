package config

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// setting is what the value of a key of a config may be; nil is any text.
type setting func(v string) string

func oneOf(list ...string) setting {
	return func(v string) string {
		if slices.Contains(list, strings.ToLower(v)) {
			return ""
		}
		return "want " + strings.Join(list, ", ")
	}
}

func wholeNumber(v string) string {
	if _, err := strconv.Atoi(strings.TrimSpace(v)); err != nil {
		return "want a whole number"
	}
	return ""
}

func linkKinds(v string) string {
	for _, kind := range strings.Split(v, ",") {
		if kind = strings.Trim(strings.TrimSpace(kind), `"'`); !slices.Contains([]string{"reflink", "hardlink", "symlink", "copy"}, kind) {
			return "DVC has no kind of link called " + strconv.Quote(kind)
		}
	}
	return ""
}

var yesNo = oneOf("true", "false")

// settings reads a list of keys: those with ? are true or false, with # numbers.
func settings(list string, more ...map[string]setting) map[string]setting {
	out := map[string]setting{}
	for _, w := range strings.Fields(list) {
		switch key := w[:len(w)-1]; w[len(w)-1] {
		case '?':
			out[key] = yesNo
		case '#':
			out[key] = wholeNumber
		default:
			out[w] = nil
		}
	}
	for _, m := range more {
		maps.Copy(out, m)
	}
	return out
}

var (
	anyRemote   = settings("url checksum_jobs# jobs# worktree? no_traverse? version_aware?")
	localKeys   = settings("protected? slow_link_warning? verify?", map[string]setting{"type": linkKinds, "shared": oneOf("group")})
	httpKeys    = settings("custom_auth_header user password ask_password? ssl_verify method connect_timeout read_timeout verify?", anyRemote, map[string]setting{"auth": oneOf("basic", "digest", "custom")})
	webdavKeys  = settings("user password ask_password? token bearer_token_command custom_auth_header cert_path key_path timeout# ssl_verify verify?", anyRemote)
	remoteKinds = map[string]map[string]setting{
		"":        settings("", localKeys, anyRemote),
		"s3":      settings("region profile credentialpath configpath endpointurl access_key_id secret_access_key session_token listobjects? use_ssl? allow_anonymous_login? ssl_verify sse sse_kms_key_id sse_customer_algorithm sse_customer_key acl grant_read grant_read_acp grant_write_acp grant_full_control cache_regions read_timeout# connect_timeout# verify?", anyRemote),
		"gs":      settings("projectname credentialpath endpointurl verify? allow_anonymous_login?", anyRemote),
		"ssh":     settings("port# user password ask_password? passphrase ask_passphrase? keyfile timeout# gss_auth? allow_agent? max_sessions# verify?", anyRemote, map[string]setting{"type": linkKinds}),
		"hdfs":    settings("user kerb_ticket replication", anyRemote),
		"webhdfs": settings("kerberos? kerberos_principal proxy_to ssl_verify token use_https? user password data_proxy_target verify?", anyRemote),
		"azure":   settings("connection_string sas_token account_name account_key tenant_id client_id client_secret allow_anonymous_login? exclude_environment_credential? exclude_visual_studio_code_credential? exclude_shared_token_cache_credential? exclude_managed_identity_credential? verify? timeout# read_timeout# connection_timeout#", anyRemote),
		"oss":     settings("oss_key_id oss_key_secret oss_endpoint verify?", anyRemote),
		"gdrive":  settings("profile gdrive_use_service_account? gdrive_client_id gdrive_client_secret gdrive_user_credentials_file gdrive_service_account_user_email gdrive_service_account_json_file_path gdrive_trash_only? gdrive_acknowledge_abuse? verify?", anyRemote),
		"http":    httpKeys, "https": httpKeys, "webdav": webdavKeys, "webdavs": webdavKeys,
	}
	configKeys = map[string]map[string]setting{
		"core":    settings("remote checksum_jobs# interactive? analytics? hardlink_lock? no_scm? autostage? experiments? check_update? site_cache_dir machine"),
		"cache":   settings("local s3 gs hdfs webhdfs ssh azure dir", localKeys),
		"state":   settings("dir row_limit# row_cleanup_quota#"),
		"index":   settings("dir"),
		"plots":   settings("html_template auto_open? out_dir"),
		"exp":     settings("code data models metrics params plots live auto_push? git_remote"),
		"parsing": {"bool": oneOf("store_true", "boolean_optional"), "list": oneOf("nargs", "append")},
		"hydra":   settings("enabled? config_dir config_module config_name plugins_path"),
		"studio":  settings("token url repo_url offline?"),
	}
)

// sectionKeys are the keys of a section; false for a section that DVC does not know, nil for
// one that may have any.
func (c Config) sectionKeys(section string) (map[string]setting, bool) {
	switch kindOf(section) {
	case "feature", "machine", "db":
		return nil, true
	case "remote":
		scheme, rest, is := strings.Cut(c[section]["url"], "://")
		if host, _, _ := strings.Cut(rest, "/"); !is || len(scheme) == 1 || host == "" {
			scheme = ""
		}
		return remoteKinds[scheme], true // of other kinds of remote whoever opens one tells
	}
	keys, ok := configKeys[section]
	return keys, ok
}

// Check refuses what DVC refuses in the config of a project. At says where each key stands.
func (c Config) Check(at map[string]Place) error {
	for _, name := range slices.SortedFunc(maps.Keys(at), func(a, b string) int {
		return cmp.Or(strings.Compare(at[a].file, at[b].file), at[a].line-at[b].line)
	}) {
		section, key, _ := strings.Cut(name, "\x00")
		pl := at[name]
		keys, ok := c.sectionKeys(section)
		rule, known := keys[key]
		switch {
		case !ok:
			return doc.Fail(pl.file, doc.Pos{Line: pl.line, Col: 1}, "DVC knows no section [%s]", section).WithHint("take it out; a newer dvc than 3.67 may have written it")
		case key == "":
			if c[section]["url"] == "" && kindOf(section) == "remote" {
				return doc.Fail(pl.file, doc.Pos{Line: pl.line, Col: 1}, "the remote has no url").WithHint("dvc remote modify NAME url URL")
			}
		case keys == nil:
		case !known:
			return doc.Fail(pl.file, doc.Pos{Line: pl.line, Col: 1}, "DVC knows no key %q in [%s]", key, section).WithHint("take it out; a newer dvc than 3.67 may have written it")
		case rule != nil:
			if why := rule(c[section][key]); why != "" {
				return doc.Fail(pl.file, doc.Pos{Line: pl.line, Col: 1}, "%s.%s: %s, found %q", section, key, why, c[section][key])
			}
		}
	}
	return nil
}

// Place is where a key of a config stands.
type Place struct {
	file string
	line int
}

// Places are the places of the keys of a config file, as SECTION and KEY with a NUL
// between, and of the sections.
func Places(dir, name string, b []byte) map[string]Place {
	out, section, n := map[string]Place{}, "", 0
	for line := range strings.Lines(string(b)) {
		n++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			inner := unquote(line[1:max(strings.LastIndexByte(line, ']'), 1)])
			section = strings.ToLower(kindOf(inner)) + rest(inner)
			out[section+"\x00"] = Place{path.Join(dir, name), n}
		default:
			key, _, _ := strings.Cut(line, "=")
			out[section+"\x00"+strings.ToLower(unquote(strings.TrimSpace(key)))] = Place{path.Join(dir, name), n}
		}
	}
	return out
}
