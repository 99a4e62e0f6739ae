package cli

import (
	"bufio"
	"context"
	"fmt"
	"strconv"
	"strings"

	"rondo/backend/store"
)

func dataFiles(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	name, number, err := c.snapshotOf(ctx, c.args[0])
	if err != nil {
		return err
	}
	var list []store.TreeFile
	return c.fetch(ctx, dataPath(name, "snapshots", strconv.Itoa(number), "files"), &list, func() error {
		out := bufio.NewWriter(c.Stdout)
		for _, f := range list { // as sha256sum prints it, so that sha256sum -c can read it
			line := sumLine(f.Digest.String(), f.Path)
			if terminal(c.Stdout) {
				line = harmless(line)
			}
			fmt.Fprintln(out, line)
		}
		return out.Flush()
	})
}

// sumLine is a line of sha256sum, which begins with a backslash where the name has letters that end or begin an escape.
func sumLine(digest, name string) string {
	if !strings.ContainsAny(name, "\\\n\r") {
		return digest + "  " + name
	}
	return `\` + digest + "  " + strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`).Replace(name)
}
