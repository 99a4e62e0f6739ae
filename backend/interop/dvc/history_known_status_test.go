package dvc_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"rondo/backend/interop/dvc/metafile"
)

// lost are the tracked folders of which the cache has no list any more, as they are or as
// they were committed. What is in them dvc may know from before, in the index that it keeps of
// what it was asked, and Rondo cannot.
func (h *history) lost() (folders []string) {
	for file, all := range map[string][]string{"images.dvc": {"images/"}, metafile.LockFile: {"parts/one/", "parts/two/", "parts/three/"}} {
		now, _ := os.ReadFile(filepath.Join(h.main, file))
		for _, sum := range dirSums.FindAllString(string(now)+h.asks(h.main, "show", "HEAD:"+file), -1) {
			here := func(cache string) bool {
				_, err := os.Stat(filepath.Join(h.main, cache, sum[:2], sum[2:]))
				return err == nil
			}
			if !here(".dvc/cache") && !here(".dvc/cache/files/md5") {
				folders = append(folders, all...)
			}
		}
	}
	return folders
}

// withoutLost takes what is in lost folders out of what a data status says.
func withoutLost(said map[string]any, folders []string) {
	withoutRenames(said)
	stays := func(v any) []any {
		list, _ := v.([]any)
		return slices.DeleteFunc(list, func(at any) bool {
			name, _ := at.(string)
			return slices.ContainsFunc(folders, func(f string) bool { return name != f && strings.HasPrefix(name, f) })
		})
	}
	for part, v := range said {
		words, ok := v.(map[string]any)
		if !ok {
			said[part] = stays(v)
			continue
		}
		for word, list := range words {
			if words[word] = stays(list); len(words[word].([]any)) == 0 {
				delete(words, word)
			}
		}
	}
}

// withoutRenames says of what was renamed that it was deleted and added, as dvc 2 does.
func withoutRenames(said map[string]any) {
	for _, part := range said {
		words, _ := part.(map[string]any)
		list, _ := words["renamed"].([]any)
		for _, v := range list {
			for as, word := range map[string]string{"old": "deleted", "new": "added"} {
				others, _ := words[word].([]any)
				words[word] = append(others, v.(map[string]any)[as])
			}
		}
		delete(words, "renamed")
	}
}

// withoutEmpty takes out the folders in tracked ones that dvc 2 lists as unchanged where one
// side has no such folder, or nothing in it; dvc 3 does not.
func withoutEmpty(theirs any, ours []string) []any {
	list, _ := theirs.([]any)
	return slices.DeleteFunc(list, func(at any) bool {
		name, _ := at.(string)
		return strings.HasSuffix(name, "/") && strings.Count(name, "/") > 1 && !slices.Contains(ours, name)
	})
}

var dirSums = regexp.MustCompile(`[0-9a-f]{32}\.dir`)
