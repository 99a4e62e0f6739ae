package cli

import (
	"context"
	"runtime"
	"runtime/debug"
)

// Version is the program's; the linker may set it.
var Version = "0.1.0"

var versionVerbs = []verb{
	{
		name: "version", short: "say which Rondo this is", anywhere: true,
		run: func(_ context.Context, c *call) error {
			c.say("rondo %s%s %s/%s %s", Version, commit(), runtime.GOOS, runtime.GOARCH, runtime.Version())
			return nil
		},
	},
}

// commit returns the git commit that the program was built from, as far as it is known.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return " (" + s.Value[:12] + ")"
		}
	}
	return ""
}
