//go:build desktop || dev

package window

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/wailsapp/wails/v2"
	"github.com/wailsapp/wails/v2/pkg/logger"
	"github.com/wailsapp/wails/v2/pkg/options"
	"github.com/wailsapp/wails/v2/pkg/options/assetserver"
	"github.com/wailsapp/wails/v2/pkg/options/linux"
	"github.com/wailsapp/wails/v2/pkg/runtime"

	"rondo/app/client"
	"rondo/backend/atomicfile"
)

// size is what is remembered of a window.
type size struct{ Width, Height int }

func show(ctx context.Context, o Options, found <-chan Target) (err error) {
	defer func() { // a display that does not answer is a panic of GTK's start
		if r := recover(); r != nil {
			err = errNone(fmt.Sprint(r))
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	at, way := readSize(o.State), newWay()
	return wails.Run(&options.App{
		Title: o.Title, Width: at.Width, Height: at.Height, MinWidth: 720, MinHeight: 480,
		BackgroundColour:   options.NewRGB(22, 24, 28),
		LogLevelProduction: logger.ERROR,
		AssetServer:        &assetserver.Options{Handler: way},
		OnStartup: func(w context.Context) {
			context.AfterFunc(ctx, func() { runtime.Quit(w) })
			go way.find(ctx, found, func(t Target) { answer(ctx, client.New(t.URL, t.Token, "window"), native{w}) })
		},
		OnBeforeClose: func(w context.Context) bool {
			width, height := runtime.WindowGetSize(w)
			writeSize(o.State, size{width, height})
			return false
		},
		Linux: &linux.Options{ProgramName: "rondo", WebviewGpuPolicy: linux.WebviewGpuPolicyNever},
	})
}

func readSize(path string) size {
	at := size{1280, 820}
	b, err := os.ReadFile(path)
	if err != nil || json.Unmarshal(b, &at) != nil || at.Width < 720 || at.Height < 480 || at.Width > 10_000 || at.Height > 10_000 {
		return size{1280, 820}
	}
	return at
}

// writeSize forgets silently what it cannot write: a window's size is worth no complaint.
func writeSize(path string, at size) {
	if b, err := json.Marshal(at); err == nil && path != "" {
		_ = atomicfile.WriteFile(path, b, 0o600)
	}
}

// native does what only a native program can.
type native struct{ ctx context.Context }

func (n native) pick(kind, title string) (string, error) {
	switch kind {
	case "folder":
		return runtime.OpenDirectoryDialog(n.ctx, runtime.OpenDialogOptions{Title: title})
	case "save":
		return runtime.SaveFileDialog(n.ctx, runtime.SaveDialogOptions{Title: title})
	}
	return runtime.OpenFileDialog(n.ctx, runtime.OpenDialogOptions{Title: title})
}

func (n native) open(url string) { runtime.BrowserOpenURL(n.ctx, url) }

func (n native) raise() {
	runtime.WindowUnminimise(n.ctx)
	runtime.WindowShow(n.ctx)
}

func (n native) notify(title, text string) error {
	if err := runtime.InitializeNotifications(n.ctx); err != nil {
		return err
	}
	return runtime.SendNotification(n.ctx, runtime.NotificationOptions{ID: title, Title: title, Body: text})
}
