package cli

import (
	"context"
	"flag"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"

	"rondo/app/client"
	"rondo/app/server"
	"rondo/app/window"
	"rondo/backend/api"
	"rondo/backend/errs"
	"rondo/backend/project"
)

var openVerbs = []verb{
	{
		name: "open", short: "open the project in its window, or print its address", flags: openFlags, run: open,
		long: `
Where no server runs, this one serves the project until the window is closed; runs
go on without it. Without a display it serves and prints an address that works once.

  rondo                  the same
  rondo open --browser   in the browser
  rondo open --print     only print the address`,
	},
}

func openFlags(f *flag.FlagSet) {
	f.Bool("browser", false, "open it in the browser instead of the window")
	f.Bool("print", false, "only print the address")
	f.Int("port", 0, "listen on port `N` where no server runs yet")
	f.Int("serving-port", 0, "listen on port `N` for predictions where no server runs yet")
}

// place is a served project and how to show it.
type place struct {
	launch string
	info   client.Info
	own    bool       // served by this very process
	ended  chan error // of the own server
	cancel func()     // ends the own server
}

func open(ctx context.Context, c *call) error {
	var own *place
	arrive := sync.OnceValues(func() (*place, error) {
		p, err := c.place(ctx)
		if err == nil && p.own {
			own = p
		}
		return p, err
	})
	err := c.showUI(ctx, arrive)
	if own == nil {
		return err
	}
	own.cancel()
	if e := <-own.ended; err == nil {
		err = e
	}
	return err
}

// place finds the project's server or becomes it.
func (c *call) place(ctx context.Context) (*place, error) {
	info, err := c.server(ctx, false)
	if errs.Is(err, errs.NotFound) {
		return c.become(ctx)
	}
	if err != nil {
		return nil, err
	}
	var l api.Launch
	err = client.New(info.URL, info.Token, c.actor()).Post(ctx, "/launch", nil, &l)
	return &place{launch: l.URL, info: info}, err
}

func (c *call) become(ctx context.Context) (*place, error) {
	s, err := server.Open(ctx, c.serverOptions(c.number("port"), c.number("serving-port")))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	p := &place{launch: s.LaunchURL(), info: s.Info(), own: true, ended: make(chan error, 1), cancel: cancel}
	go func() {
		err := s.Serve(ctx)
		p.ended <- err
		cancel()
	}()
	return p, nil
}

// showUI shows the window, the browser or the address, whichever can be had, and
// returns when the person is done with it. arrive is called when it is needed.
func (c *call) showUI(ctx context.Context, arrive func() (*place, error)) error {
	if c.value("print") != "true" && c.value("browser") != "true" {
		err := c.showWindow(ctx, arrive)
		if !window.None(err) {
			return err
		}
		c.say("%s", err)
	}
	p, err := arrive()
	if err != nil {
		return err
	}
	if c.value("browser") == "true" && browse(p.launch) == nil {
		c.say("Opened %s in the browser.", p.info.URL)
		return c.stay(ctx, p)
	}
	c.say("Open %s   (works once; `rondo open` gives another)", p.launch)
	return c.stay(ctx, p)
}

// stay keeps the own server until it is told to end.
func (c *call) stay(ctx context.Context, p *place) error {
	if !p.own {
		return nil
	}
	c.say("Serving %s; Ctrl-C ends it.", c.dir)
	select {
	case <-ctx.Done():
	case err := <-p.ended:
		p.ended <- err
	}
	return nil
}

func (c *call) showWindow(ctx context.Context, arrive func() (*place, error)) error {
	if info, err := c.server(ctx, false); err == nil && client.New(info.URL, info.Token, c.actor()).Post(ctx, "/desktop/raise", nil, nil) == nil {
		c.say("The window is open already.")
		return nil
	}
	options := window.Options{Title: "Rondo — " + c.projectName(), State: c.windowState()}
	return window.Show(ctx, options, func() (window.Target, error) {
		p, err := arrive()
		if err != nil {
			return window.Target{}, err
		}
		return window.Target{Launch: p.launch, URL: p.info.URL, Token: p.info.Token}, nil
	})
}

// windowState is the file that remembers the window's size, for all projects.
func (c *call) windowState() string {
	device, err := c.deviceDir()
	if err != nil {
		return ""
	}
	return filepath.Join(filepath.Dir(device), "window.json")
}

// projectName is the name in rondo.yaml, or the folder's where that cannot be read.
func (c *call) projectName() string {
	if p, err := project.Open(c.dir); err == nil {
		if f, err := p.Read(); err == nil && f.Name != "" {
			return f.Name
		}
	}
	return filepath.Base(c.dir)
}

// browse opens an address in the person's browser.
func browse(url string) error {
	switch runtime.GOOS {
	case "darwin":
		return exec.Command("open", url).Start()
	case "windows":
		return exec.Command("rundll32", "url.dll,FileProtocolHandler", url).Start()
	}
	return exec.Command("xdg-open", url).Start()
}
