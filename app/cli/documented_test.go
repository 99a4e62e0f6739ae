package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rondo/app/cli"
)

var (
	inTicks = regexp.MustCompile("`(rondo [^`]+)`")
	inBlock = regexp.MustCompile(`(?m)^\s*(?:eval "\$\()?(rondo [^#)\n]+)`)
	isMark  = regexp.MustCompile(`^rondo [a-z]+ \d`) // which begins a file
	listed  = regexp.MustCompile(`(?m)^  ([a-z-]+(?: [a-z-]+)?)  +\S`)
	asFlag  = regexp.MustCompile(`(?:^|[\s\[(])(--[a-z][a-z-]*)`)
)

// said is what the program prints when it is asked for help.
func said(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	env := cli.Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out, Getenv: func(string) string { return "" }, Dir: t.TempDir()}
	if code := cli.Main(t.Context(), env, append([]string{"help"}, args...)); code != 0 {
		t.Fatalf("rondo help %v ends with %d: %s", args, code, out.String())
	}
	return out.String()
}

// TestDocumentsNameVerbsAndFlagsThatThereAre: each command in the documents, with its flags, is one that help knows.
func TestDocumentsNameVerbsAndFlagsThatThereAre(t *testing.T) {
	help := map[string]string{}
	for _, m := range listed.FindAllStringSubmatch(said(t), -1) {
		help[m[1]] = said(t, strings.Fields(m[1])...)
	}
	if len(help) < 80 {
		t.Fatalf("help lists %d verbs: the test does not understand it", len(help))
	}
	checked := 0
	for _, pattern := range []string{"../../README.md", "../../ARCHITECTURE.md", "../../docs/*.md", "../../docs/formats/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v %v", pattern, found, err)
		}
		for _, doc := range found {
			b, err := os.ReadFile(doc)
			if err != nil {
				t.Fatal(err)
			}
			for _, re := range []*regexp.Regexp{inTicks, inBlock} {
				for _, m := range re.FindAllStringSubmatch(string(b), -1) {
					checked++
					if problem := unknown(help, m[1]); problem != "" {
						t.Errorf("%s says %q: %s", filepath.Base(doc), m[1], problem)
					}
				}
			}
		}
	}
	if checked < 200 {
		t.Errorf("only %d commands were found in the documents", checked)
	}
}

// TestDocumentsNameEveryVerb: what a person can do is written down in a document, as `rondo VERB`, or by its
// second word in a line that has the first.
func TestDocumentsNameEveryVerb(t *testing.T) {
	var lines []string
	for _, pattern := range []string{"../../README.md", "../../docs/*.md"} {
		found, err := filepath.Glob(pattern)
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: %v %v", pattern, found, err)
		}
		for _, doc := range found {
			b, err := os.ReadFile(doc)
			if err != nil {
				t.Fatal(err)
			}
			lines = append(lines, strings.Split(string(b), "\n")...)
		}
	}
	for _, m := range listed.FindAllStringSubmatch(said(t), -1) {
		first, second, _ := strings.Cut(m[1], " ")
		whole := regexp.MustCompile(`(?:rondo |` + "`)" + m[1] + `\b`)
		inPart := regexp.MustCompile("`" + second + `\b`)
		named := func(line string) bool {
			return whole.MatchString(line) || second != "" && strings.Contains(line, "rondo "+first+" ") && inPart.MatchString(line)
		}
		if !slices.ContainsFunc(lines, named) {
			t.Errorf("no document names rondo %s", m[1])
		}
	}
}

// unknown says what of a command help does not know.
func unknown(help map[string]string, command string) string {
	command, _, _ = strings.Cut(command, " -- ") // what follows is another program's
	command, _, _ = strings.Cut(command, "   ")  // or stands beside it in a picture
	words := strings.Fields(command)[1:]
	if len(words) == 0 || isMark.MatchString(command) || words[0] < "a" || words[0] > "z~" {
		return ""
	}
	text, ok := "", false
	for n := min(2, len(words)); n > 0 && !ok; n-- {
		text, ok = help[strings.Trim(strings.Join(words[:n], " "), ".,;:)")]
	}
	if !ok && len(words) == 1 && isGroup(help, words[0]) {
		return ""
	}
	if !ok {
		return "there is no such verb"
	}
	for _, f := range asFlag.FindAllStringSubmatch(command, -1) {
		if !strings.Contains(text, "  "+f[1]+" ") {
			return "there is no " + f[1]
		}
	}
	return ""
}

func isGroup(help map[string]string, word string) bool {
	for verb := range help {
		if strings.HasPrefix(verb, word+" ") {
			return true
		}
	}
	return false
}
