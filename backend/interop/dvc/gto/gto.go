// Package gto reads versions and stages of artifacts out of the names of git's tags, as GTO, the
// registry of DVC's makers, writes them: model@v1.2.3 registers a version, model#prod#4 has a stage
// mean the tag's commit, and an ! takes either back. It knows names and times only.
// The names: https://github.com/iterative/gto (constants.py).
package gto

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Tag is what the name of a tag says.
type Tag struct {
	Name     string    // as git has it
	Commit   string    // that it means
	At       time.Time // when it was made; zero where that is not known
	Artifact string    // such as model, or sub:model of the dvc.yaml in sub
	Version  string    // such as v1.2.3; empty where it is about a stage
	Stage    string    // such as prod
	Back     bool      // it takes the version or stage back
	Gone     bool      // it says that the artifact is deprecated
	Counter  int
}

const (
	word   = `[a-zA-Z0-9](?:[a-zA-Z0-9-/_]*[a-zA-Z0-9])?`
	number = `(?:0|[1-9]\d*)`
	before = `(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)`
	semver = number + `\.` + number + `\.` + number + `(?:-` + before + `(?:\.` + before + `)*)?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?`
)

var (
	tagName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^((?:[a-zA-Z0-9-_./]+=)?` + word + `)(?:(?:#(` + word + `)|@(v` + semver + `))(!?)|@(deprecated))(?:#([0-9]+))?$`)
	})
	fullName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(?:([a-zA-Z0-9-_./]+):)?(` + word + `)$`) })
)

// Parse reads the name of a tag; false where it is about no artifact.
func Parse(name string) (t Tag, is bool) {
	m := tagName().FindStringSubmatch(name)
	if m == nil {
		return t, false
	}
	t = Tag{Name: name, Artifact: strings.ReplaceAll(m[1], "=", ":"), Stage: m[2], Version: m[3], Back: m[4] != "", Gone: m[5] != ""}
	t.Counter, _ = strconv.Atoi(m[6])
	return t, true
}

// Split parts the name of an artifact, sub:model or sub/dvc.yaml:model, into the folder of its
// dvc.yaml, empty for the top, and its own name.
func Split(artifact string) (dir, name string, is bool) {
	m := fullName().FindStringSubmatch(artifact)
	if m == nil {
		return "", "", false
	}
	dir = strings.TrimRight(m[1], "/")
	if dir == "dvc.yaml" {
		dir = ""
	}
	return strings.TrimSuffix(dir, "/dvc.yaml"), m[2], true
}

// Join is the name of an artifact in tags.
func Join(dir, name string) string {
	if dir == "" || dir == "." {
		return name
	}
	return dir + ":" + name
}
