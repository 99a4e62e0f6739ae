//go:build (desktop || dev) && !linux

package window

// direct cannot steer the webview here; its first page leads on.
func direct(string) bool { return false }
