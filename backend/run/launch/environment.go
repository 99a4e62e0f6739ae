package launch

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"rondo/backend/host"
)

// harmless are the variables whose values are recorded: they change what a run
// computes and are never secret.
var harmless = []string{
	"CONDA_DEFAULT_ENV", "CUBLAS_WORKSPACE_CONFIG", "CUDA_DEVICE_ORDER", "CUDA_LAUNCH_BLOCKING", "CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "LANG", "LC_ALL",
	"LD_LIBRARY_PATH", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PATH", "PYTHONHASHSEED", "PYTHONPATH",
	"PYTORCH_CUDA_ALLOC_CONF", "TF_CPP_MIN_LOG_LEVEL", "TF_DETERMINISTIC_OPS", "TOKENIZERS_PARALLELISM", "TZ", "VIRTUAL_ENV",
}

// Describe says what a command would run with, without running anything of it.
func Describe(command []string, dir string, environ []string) Environment {
	e := Environment{Command: hideArgs(command), Dir: dir, Host: host.Look(dir), Variables: map[string]string{}}
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && slices.Contains(harmless, k) {
			e.Variables[k] = hideText(v)
		}
	}
	e.Python = FindPython(command, dir, environ)
	return e
}

// FindPython says which Python a command uses and what is installed for it; nil where it
// uses none. Nothing is run.
func FindPython(command []string, dir string, environ []string) *Python {
	p := findPython(command, dir, environ)
	if p == nil {
		return nil
	}
	return &Python{Executable: p.executable, Version: p.version, Packages: p.packages}
}

const hidden = "<hidden>"

var (
	secretName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)(pass(word|wd|phrase)?|secret|token|credential|auth|api[-_]?key|access[-_]?key|private[-_]?key)`)
	})
	secretText = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s:@]*:[^/\s@]*@`) }) // user:password@ of an address
)

// hideArgs hides the values of arguments whose name sounds like a secret.
func hideArgs(args []string) []string {
	out := make([]string, len(args))
	next := false
	for i, a := range args {
		name, _, given := strings.Cut(a, "=")
		isFlag := strings.HasPrefix(a, "-")
		sounds := secretName().MatchString(name) && (isFlag || given)
		switch {
		case next && !isFlag:
			out[i] = hidden
		case sounds && given:
			out[i] = name + "=" + hidden
		default:
			out[i] = hideText(a)
		}
		next = sounds && isFlag && !given
	}
	return out
}

func hideText(s string) string { return secretText().ReplaceAllString(s, "${1}"+hidden+"@") }

func toText(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }
