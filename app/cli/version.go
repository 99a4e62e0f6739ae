package cli

import (
	"ahead"
	"context"
)

// Version is the program's.
const Version = ahead.Version

// version is here for its help, and for flags that stand before it; alone it is
// answered by package ahead.
var versionVerbs = []verb{
	{
		name: "version", short: "say which Rondo this is", anywhere: true,
		run: func(_ context.Context, c *call) error {
			if c.json {
				return c.sayJSON(map[string]string{"version": Version, "line": ahead.Line()})
			}
			c.say("%s", ahead.Line())
			return nil
		},
	},
}
