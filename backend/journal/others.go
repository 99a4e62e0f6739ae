package journal

import (
	"fmt"
	"os"
	"path/filepath"
)

// Others tells how many bytes each other device has written, as one text that is another once
// a synchroniser has brought more.
func Others(dir, own string) (written string, err error) {
	devices, err := Devices(dir)
	if err != nil {
		return "", err
	}
	for _, device := range devices {
		if device == own {
			continue
		}
		segs, err := segments(filepath.Join(dir, device))
		if err != nil {
			return "", err
		}
		var size int64
		for _, s := range segs {
			info, err := os.Stat(s.path)
			if err != nil {
				return "", err
			}
			size += info.Size()
		}
		written += fmt.Sprintf("%s:%d ", device, size)
	}
	return written, nil
}
