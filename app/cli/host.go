package cli

import (
	"context"
	"fmt"

	"rondo/backend/api"
)

var hostVerbs = []verb{
	{name: "host", short: "show this machine, how busy it is, and what is short or wasted", run: hostShow},
}

func hostShow(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	var h api.HostState
	return c.fetch(ctx, "/host", &h, func() error {
		c.host(h)
		return nil
	})
}

func (c *call) host(h api.HostState) {
	rows := [][]string{
		{"machine", h.Name + ", " + h.Platform + ", " + h.Arch},
		{"processor", fmt.Sprintf("%s, %s, %s, %.0f %% busy, load %.1f", h.CPU, counted(int64(h.Cores), "core"), counted(int64(h.Threads), "thread"), h.Now.CPU, h.Now.Load)},
		{"memory", fmt.Sprintf("%s of %s in use, %s of swap", size(h.Now.Memory), size(h.Memory), size(h.Now.Swap))},
		{"disk", fmt.Sprintf("%s of %s free", size(h.Now.DiskFree), size(h.Disk))},
	}
	for _, g := range h.Now.GPUs {
		rows = append(rows, []string{"gpu", fmt.Sprintf("%s, %.0f %% busy, %s of %s in use", g.Name, g.Percent, size(g.Memory), size(g.Total))})
	}
	if h.Python != "" {
		rows = append(rows, []string{"python", h.Python})
	}
	c.table(rows)
	for _, hint := range h.Hints {
		c.say("%s: %s", hint.Level, hint.Text)
	}
}
