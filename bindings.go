//go:build bindings

package main

import "os"

// The Wails command line starts a build with the tag bindings and expects it to
// write what the frontend may call of Go. That is nothing: the pages speak HTTP.
func init() { os.Exit(0) }
