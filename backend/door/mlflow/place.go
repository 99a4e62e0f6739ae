package mlflow

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"rondo/backend/errs"
)

// scheme is in front of every address of files that clients are given; they ask this
// door for what is behind it.
const scheme = "mlflow-artifacts:/"

func runURI(experimentID, runID string) string {
	return scheme + experimentID + "/" + runID + "/artifacts"
}

func loggedURI(experimentID, modelID string) string {
	return scheme + experimentID + "/models/" + modelID + "/artifacts"
}

// versionURI names the content of a model version. Names may hold what an address may not.
func versionURI(model string, version int) string {
	return scheme + "registry/" + url.PathEscape(model) + "/" + strconv.Itoa(version)
}

// place is where an address of files leads: into the files of a run or logged model
// (owner), or into a version of a model.
type place struct {
	experiment string
	owner      string // a run's id, or m-… of a logged model
	trace      string
	model      string
	version    int
	path       string // below its root, "" for the root itself
}

// parsePlace reads the part of an address behind the scheme.
func parsePlace(path string) (p place, err error) {
	if err := checkPath(path); err != nil {
		return p, err
	}
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch n := len(parts); {
	case n >= 3 && parts[0] == "registry":
		return versionPlace(parts)
	case n >= 4 && parts[1] == "traces" && parts[3] == "artifacts":
		return place{experiment: parts[0], trace: parts[2], path: strings.Join(parts[4:], "/")}, nil
	case n >= 4 && parts[1] == "models" && parts[3] == "artifacts":
		return place{experiment: parts[0], owner: parts[2], path: strings.Join(parts[4:], "/")}, nil
	case n >= 3 && parts[2] == "artifacts":
		return place{experiment: parts[0], owner: parts[1], path: strings.Join(parts[3:], "/")}, nil
	}
	return p, errs.New(errs.NotFound, "there are no files at %s", short(path, 200)).
		WithHint("files are at <experiment>/<run>/artifacts, <experiment>/models/<model>/artifacts and registry/<model>/<version>")
}

func versionPlace(parts []string) (p place, err error) {
	if p.model, err = url.PathUnescape(parts[1]); err != nil {
		p.model = parts[1]
	}
	p.path = strings.Join(parts[3:], "/")
	p.version, err = versionNumber(parts[2])
	return p, err
}

// versionNumber reads a version as it comes in requests.
func versionNumber(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, errs.New(errs.Invalid, "Parameter 'version' must be an integer, got '%s'", short(s, 80))
	}
	return n, nil
}

// checkPath refuses every path that could mean something outside of where it is used,
// also when it was escaped more than once. os.Root would not follow it either; this
// says so in clear words, and before anything is written.
func checkPath(path string) error {
	for range 8 {
		if unsafe(path) {
			return &refusal{"INVALID_PARAMETER_VALUE", http.StatusBadRequest, "Invalid path"} // these words are what clients look for
		}
		plain, err := url.PathUnescape(path)
		if err != nil || plain == path {
			return nil
		}
		path = plain
	}
	return &refusal{"INVALID_PARAMETER_VALUE", http.StatusBadRequest, "Invalid path"}
}

func unsafe(path string) bool {
	if strings.HasPrefix(path, "/") || strings.HasPrefix(strings.ToLower(path), "file:") {
		return true
	}
	for _, c := range path {
		if c < ' ' || c == 0x7f || c == '\\' {
			return true
		}
	}
	for part := range strings.SplitSeq(path, "/") {
		if part == ".." || part == "." {
			return true
		}
	}
	return false
}

// traceURI names the place of the files of a trace.
func traceURI(experimentID, traceID string) string {
	return scheme + experimentID + "/traces/" + traceID + "/artifacts"
}
