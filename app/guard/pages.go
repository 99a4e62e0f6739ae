package guard

import (
	"io"
	"net/http"
)

const head = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>Rondo</title>`

const (
	onwardPage = head + `<meta http-equiv="refresh" content="0;url=/">`
	lockedPage = head + `<h1>This page needs its key</h1><p>Run <code>rondo open</code> in the project's folder. It opens Rondo with a link that works once.</p>`
	spentPage  = head + `<h1>This link has been used</h1><p>A link opens Rondo once. Run <code>rondo open</code> in the project's folder for a new one.</p>`
)

func writePage(w http.ResponseWriter, status int, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	io.WriteString(w, page)
}
