package gto

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/errs"
)

// Versions are the registered versions of an artifact, the greatest first, without those that were
// taken back.
func Versions(tags []Tag, artifact string) []Tag {
	return newest(tags, artifact, func(t Tag) string { return t.Version }, func(a, b Tag) int { return Compare(b.Version, a.Version) })
}

// Stages are what the stages of an artifact mean, by their names.
func Stages(tags []Tag, artifact string) []Tag {
	return newest(tags, artifact, func(t Tag) string { return t.Stage }, func(a, b Tag) int { return strings.Compare(a.Stage, b.Stage) })
}

// newest are the last tags of each version or stage, but for those that take it back.
func newest(tags []Tag, artifact string, of func(Tag) string, order func(a, b Tag) int) (list []Tag) {
	last := map[string]Tag{}
	for _, t := range tags {
		if key := of(t); t.Artifact == artifact && key != "" {
			if old, is := last[key]; !is || later(t, old) {
				last[key] = t
			}
		}
	}
	for _, t := range last {
		if !t.Back {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, order)
	return list
}

func later(a, b Tag) bool {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Counter, b.Counter), strings.Compare(a.Name, b.Name)) > 0
}

// Find is the tag that a version, a stage, or neither means: then it is the greatest version.
func Find(tags []Tag, artifact, version, stage string) (Tag, error) {
	list := Versions(tags, artifact)
	what := "no version that is registered"
	switch {
	case version != "" && stage != "":
		return Tag{}, errs.New(errs.Invalid, "either a version or a stage is meant").WithHint("leave one of them out")
	case version != "":
		list = slices.DeleteFunc(list, func(t Tag) bool { return t.Version != version })
		what = "no version " + version
	case stage != "":
		list = slices.DeleteFunc(Stages(tags, artifact), func(t Tag) bool { return t.Stage != stage })
		what = "nothing in the stage " + stage
	}
	if len(list) == 0 {
		return Tag{}, errs.New(errs.NotFound, "the artifact %s has %s", artifact, what).
			WithHint("git tags say it, such as %s@v1.0.0 and %s#prod#1: `rondo artifacts` lists them", strings.ReplaceAll(artifact, ":", "="), strings.ReplaceAll(artifact, ":", "="))
	}
	return list[0], nil
}

// Compare orders versions as semver.org has them: v1.0.0-rc.1 comes before v1.0.0, and what stands
// behind a + does not count.
func Compare(a, b string) int {
	parts := func(v string) (nums []string, pre string) {
		v, _, _ = strings.Cut(strings.TrimPrefix(v, "v"), "+")
		v, pre, _ = strings.Cut(v, "-")
		return strings.Split(v, "."), pre
	}
	x, xpre := parts(a)
	y, ypre := parts(b)
	if c := slices.CompareFunc(x, y, byNumber); c != 0 {
		return c
	}
	switch {
	case xpre == ypre:
		return 0
	case xpre == "":
		return 1
	case ypre == "":
		return -1
	}
	return slices.CompareFunc(strings.Split(xpre, "."), strings.Split(ypre, "."), identifier)
}

// byNumber compares whole numbers of any length.
func byNumber(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) }

// identifier compares what stands behind the -: numbers by size and before words.
func identifier(a, b string) int {
	_, x := strconv.ParseUint(a, 10, 64)
	_, y := strconv.ParseUint(b, 10, 64)
	switch {
	case x == nil && y == nil:
		return byNumber(a, b)
	case x == nil:
		return -1
	case y == nil:
		return 1
	}
	return strings.Compare(a, b)
}
