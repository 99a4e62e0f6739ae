package run

import (
	"io/fs"
	"os"
	"path"
	"time"
)

// abandoned is when nobody sends a file any more that is still arriving. It is long,
// because the folder may be shared and the sender's device may be another.
const abandoned = 24 * time.Hour

// tidyOnce does tidy the first time that files of the owner arrive.
func (s *Service) tidyOnce(owner string, root *os.Root) {
	if _, done := s.tidied.LoadOrStore(owner, true); !done {
		s.tidy(root)
	}
}

// tidy removes what a crash, or a sender that went away, has left of files that were arriving.
func (s *Service) tidy(root *os.Root) {
	entries, err := fs.ReadDir(root.FS(), incomingDir)
	if err != nil {
		return // there is none yet
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && s.opts.Now().Sub(info.ModTime()) > abandoned {
			root.RemoveAll(path.Join(incomingDir, e.Name()))
		}
	}
}
