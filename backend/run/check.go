package run

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"rondo/backend/errs"
)

// Limits of what one call may hold. They keep records small and the index quick.
const (
	maxKey    = 250      // characters of a key
	maxValue  = 64 << 10 // bytes of a param's or tag's value
	maxNotes  = 1 << 20  // bytes of a tag that a client keeps JSON in
	maxPairs  = 1000     // params, or tags, in one call
	maxName   = 500      // characters of a name
	maxInputs = 1000
)

var idShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]*$`) })

// checkID keeps to names that are safe as a folder's name everywhere.
func checkID(what, id string) error {
	if len(id) > 256 || !idShape().MatchString(id) {
		return errs.New(errs.Invalid, "%.80q is not the id of a %s: want letters, digits, - and _", id, what)
	}
	return nil
}

func checkRunID(id string) error {
	if err := checkID("run", id); err != nil {
		return err
	}
	if strings.HasPrefix(id, modelPrefix) {
		return errs.New(errs.Invalid, "%.80q is not the id of a run: logged models begin with %s", id, modelPrefix)
	}
	return nil
}

func checkName(what, name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return errs.New(errs.Invalid, "a %s needs a name", what)
	case !utf8.ValidString(name) || strings.ContainsAny(name, "\x00\n\r"):
		return errs.New(errs.Invalid, "the name of a %s is one line of text", what)
	case utf8.RuneCountInString(name) > maxName:
		return errs.New(errs.TooLarge, "the name of a %s has at most %d characters, not %d", what, maxName, utf8.RuneCountInString(name))
	}
	return nil
}

func checkKey(what, key string) error {
	switch {
	case key == "":
		return errs.New(errs.Invalid, "a %s has an empty key", what)
	case !utf8.ValidString(key) || strings.ContainsRune(key, 0):
		return errs.New(errs.Invalid, "the key %.80q of a %s is not valid text", key, what)
	case utf8.RuneCountInString(key) > maxKey:
		return errs.New(errs.TooLarge, "the key %.40q… of a %s has %d characters; the limit is %d", key, what, utf8.RuneCountInString(key), maxKey)
	}
	return nil
}

// checkPairs checks params or tags of one call.
func checkPairs(what string, pairs map[string]string, most int) error {
	if len(pairs) > maxPairs {
		return errs.New(errs.TooLarge, "%d %ss in one call are over the limit of %d", len(pairs), what, maxPairs).
			WithHint("send them in several calls; what is large or many belongs in an artifact, as a JSON or CSV file")
	}
	for k, v := range pairs {
		if err := checkKey(what, k); err != nil {
			return err
		}
		if len(v) > most {
			return errs.New(errs.TooLarge, "the value of %s %q has %d bytes; the limit is %d", what, k, len(v), most).
				WithHint("keep large values in an artifact")
		}
		if !utf8.ValidString(v) {
			return errs.New(errs.Invalid, "the value of %s %q is not valid text", what, k)
		}
	}
	return nil
}

var statuses = map[string]bool{Queued: true, Running: true, Finished: true, Failed: true, Killed: true}

func checkStatus(s string) error {
	if !statuses[s] {
		return errs.New(errs.Invalid, "%.40q is not a status: want %s, %s, %s, %s or %s", s, Queued, Running, Finished, Failed, Killed)
	}
	return nil
}
