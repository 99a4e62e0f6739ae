package errs

import (
	"io/fs"
	"os"
	"strings"
)

// undone says what could not be done to a file, by the names that Go and the system have for it,
// which may end in "at".
var undone = map[string]string{
	"open": "opened", "create": "created", "read": "read", "readdir": "read", "readdirent": "read", "seek": "read",
	"write": "written", "truncate": "written", "copy_file_range": "written", "sync": "brought to the disk", "close": "closed",
	"mkdir": "made a folder", "remove": "removed", "unlink": "removed", "rmdir": "removed", "RemoveAll": "removed",
	"stat": "looked at", "lstat": "looked at", "chmod": "given other rights", "chtimes": "given another time", "readlink": "followed", "chdir": "entered",
}

// unmoved says it of what takes two names: the first becomes the second, or leads to it.
var unmoved = map[string]string{"rename": "moved to", "link": "linked to", "symlink": "linked to"}

// Text is what err says, with what the system could not do in words.
func Text(err error) string { return said("", err) }

// said is the text of err behind text, which tells in words what the system could not do, and no
// file's name twice.
func said(before string, err error) string {
	text := err.Error()
	Each(err, func(err error) {
		was, name, what := "", "", ""
		switch e := err.(type) {
		case *fs.PathError:
			was, name, what = e.Error(), e.Path, inWords(undone, e.Op, e.Path, "", e.Err)
		case *os.LinkError:
			was, name, what = e.Error(), e.Old, inWords(unmoved, e.Op, e.Old, e.New, e.Err)
		}
		if front, rest, found := strings.Cut(text, was); found && what != "" {
			if tells(before+front, name) {
				what = reason(err)
			}
			text = front + what + rest
		}
	})
	return text
}

// tells reports whether a text says already what could not be done to a file, be it by a path that leads to it
// from a folder above.
func tells(text, name string) bool {
	for {
		i := strings.Index(text, name+" cannot be ")
		if i == 0 || i > 0 && (text[i-1] == ' ' || text[i-1] == '\n') {
			return true
		}
		from := strings.IndexAny(name, `/\`)
		if from < 0 {
			return false
		}
		name = name[from+1:]
	}
}

// named is err with the name of the file, for whoever asks why it cannot be written.
func named(name string, err error) error {
	known := false
	Each(err, func(err error) {
		switch err.(type) {
		case *fs.PathError, *os.LinkError:
			known = true
		}
	})
	if known {
		return err
	}
	return &fs.PathError{Op: "write", Path: name, Err: err}
}

func inWords(verbs map[string]string, op, name, to string, why error) string {
	verb, known := verbs[op]
	if !known {
		verb, known = verbs[strings.TrimSuffix(op, "at")]
	}
	if !known || name == "" {
		return ""
	}
	return strings.TrimSuffix(name+" cannot be "+verb+" "+to, " ") + ": " + why.Error()
}

func reason(err error) string {
	if e, ok := err.(*fs.PathError); ok {
		return e.Err.Error()
	}
	return err.(*os.LinkError).Err.Error()
}

// Each hands err, and all that it was made of, to fn.
func Each(err error, fn func(error)) {
	for err != nil {
		fn(err)
		switch e := err.(type) {
		case interface{ Unwrap() []error }:
			for _, one := range e.Unwrap() {
				Each(one, fn)
			}
			return
		case interface{ Unwrap() error }:
			err = e.Unwrap()
		default:
			return
		}
	}
}
