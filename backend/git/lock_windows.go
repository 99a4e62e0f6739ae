package git

import (
	"io/fs"
	"os"
)

// hold has nothing to do: what is dead is not told from what lives here, so every lock stays.
func hold(*os.File) {}

// letGo closes a file, which cannot be renamed or removed before.
func letGo(f *os.File) { f.Close() }

func whenDead(string, func(fs.FileInfo, int)) {}
