package pipeline

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"rondo/backend/yamldoc"
)

// Text writes the lock: the same content is the same text.
func (l Lock) Text() []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "# Written by Rondo. Commit it: it says which data made which model.")
	fmt.Fprintf(&b, "schema: %s\nstages:%s\n", yamldoc.Quote(l.Schema), empty(len(l.Stages), " {}"))
	for _, name := range slices.Sorted(maps.Keys(l.Stages)) {
		fmt.Fprintf(&b, "  %s:\n", yamldoc.Quote(name))
		l.Stages[name].write(&b)
	}
	return b.Bytes()
}

func (s LockStage) write(b *bytes.Buffer) {
	fmt.Fprintln(b, "    cmd:"+empty(len(s.Cmd), " []"))
	for _, line := range s.Cmd {
		fmt.Fprintf(b, "    - %s\n", yamldoc.Quote(line))
	}
	if s.Wdir != "" {
		fmt.Fprintf(b, "    wdir: %s\n", yamldoc.Quote(s.Wdir))
	}
	writeArtifacts(b, "deps", s.Deps)
	if len(s.Params) > 0 {
		fmt.Fprintln(b, "    params:")
	}
	for _, k := range slices.Sorted(maps.Keys(s.Params)) {
		fmt.Fprintf(b, "      %s: %s\n", yamldoc.Quote(k), yamldoc.Quote(s.Params[k]))
	}
	writeArtifacts(b, "outs", s.Outs)
}

func writeArtifacts(b *bytes.Buffer, key string, list []LockArtifact) {
	if len(list) > 0 {
		fmt.Fprintf(b, "    %s:\n", key)
	}
	for _, a := range list {
		fmt.Fprintf(b, "    - path: %s\n      sha256: %s\n      size: %d\n", yamldoc.Quote(a.Path), yamldoc.Quote(a.SHA256), a.Size)
		if a.Tree {
			fmt.Fprintln(b, "      tree: true")
		}
		if a.Exec {
			fmt.Fprintln(b, "      exec: true")
		}
	}
}

// empty is how a list or mapping is written that has nothing.
func empty(n int, how string) string {
	if n > 0 {
		return ""
	}
	return how
}
