// Package ahead answers `rondo version` before the rest of the program is set up.
//
// Every package that a program is made of is initialised before main, whether it is
// used or not: 300 of them here, some of which parse fonts or compile hundreds of
// patterns, which is more than half of the time that a start takes. Among the packages
// whose imports are ready, Go initialises the one with the least import path first
// (go.dev/ref/spec, "Program initialization"). That is what the module's name is for,
// and why it imports little.
package ahead

import (
	"fmt"
	"os"
	"runtime"
)

// Version is the program's.
const Version = "0.1.0"

// commit is what the program was built from; the linker sets it (Makefile). That the
// build's own facts tell it too is of no use here: runtime/debug comes late in the order.
var commit string

func init() {
	if len(os.Args) == 2 && os.Args[1] == "version" {
		if _, err := fmt.Println(Line()); err != nil {
			os.Exit(1)
		}
		os.Exit(0)
	}
}

// Line says which Rondo this is: version, git commit as far as it is known, system and
// compiler.
func Line() string {
	at := ""
	if commit != "" {
		at = " (" + commit + ")"
	}
	return fmt.Sprintf("rondo %s%s %s/%s %s", Version, at, runtime.GOOS, runtime.GOARCH, runtime.Version())
}
