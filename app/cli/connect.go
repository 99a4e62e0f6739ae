package cli

import (
	"ahead"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"rondo/app/client"
	"rondo/backend/errs"
	"rondo/backend/project"
)

// connect finds the server that owns the project on this device, or starts one
// that stays in the background.
func connect(ctx context.Context, c *call) (*client.Client, error) {
	info, err := c.server(ctx, true)
	if err != nil {
		return nil, err
	}
	return client.New(info.URL, info.Token, c.actor()), nil
}

// actor is the name that changes made here carry in the history.
func (c *call) actor() string {
	for _, name := range []string{"RONDO_ACTOR", "USER", "LOGNAME", "USERNAME"} {
		if who := c.Getenv(name); who != "" {
			return "cli:" + who
		}
	}
	return "cli"
}

// deviceDir returns this device's folder for the project.
func (c *call) deviceDir() (string, error) {
	_, device, err := c.placed()
	return device, err
}

// placed returns the project and this device's folder for it.
func (c *call) placed() (*project.Project, string, error) {
	p, err := project.Open(c.dir)
	if err != nil {
		return nil, "", err
	}
	device, _, err := p.DeviceDir(c.Getenv)
	return p, device, err
}

// server returns the project's running server, and starts one only if asked to.
func (c *call) server(ctx context.Context, start bool) (client.Info, error) {
	p, device, err := c.placed()
	if err != nil {
		return client.Info{}, err
	}
	info, err := client.Find(device)
	if err == nil {
		if start && !c.aside {
			c.aside = true
			c.notice(info, p)
		}
		return info, info.ServedFrom(p.Dir)
	}
	if !start {
		return info, err
	}
	exe, err := os.Executable()
	if err != nil {
		return client.Info{}, err
	}
	info, err = client.Start(ctx, device, []string{exe, "serve", "--project", c.dir, "--background"})
	if err != nil {
		return info, startError(err)
	}
	fmt.Fprintf(c.Stderr, "rondo: started the project's server at %s (`rondo stop` ends it)\n", info.URL)
	return info, nil
}

// notice tells what is to be known of a server that runs already.
func (c *call) notice(info client.Info, p *project.Project) {
	if info.Behind(p) {
		fmt.Fprintln(c.Stderr, "rondo: another device has written to this project since its server began, which does not show that yet: `rondo stop`, then do the same again")
	}
	if info.Build != ahead.Line() {
		fmt.Fprintf(c.Stderr, "rondo: the project's server is %s, and this is %s: `rondo stop` ends it, and the next verb starts one of this\n",
			cmp.Or(shown(info.Build), "of an older rondo"), ahead.Line())
	}
}

// startError turns what the server said at its end into an error of the same kind.
func startError(err error) error {
	var failed *client.StartFailed
	if !errors.As(err, &failed) {
		return err
	}
	kind := errs.Unavailable
	for k, code := range exitCodes {
		if code == failed.Code && k != errs.TooLarge && k != errs.Conflict {
			kind = k
		}
	}
	text := strings.TrimSpace(failed.Text)
	if i := strings.LastIndex("\n"+text, "\nrondo: "); i >= 0 {
		text = text[i+len("rondo: "):]
	}
	message, hint, _ := strings.Cut(text, "\n")
	if message == "" {
		message = "the project's server ended at once and said nothing"
	}
	out := errs.New(kind, "%s", message)
	if hint = strings.TrimSpace(hint); hint != "" {
		out.Hint = hint
	}
	return out
}
