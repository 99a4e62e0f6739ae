package atomicfile

import "os"

// SyncDir does nothing: NTFS journals names, and a directory cannot be flushed.
func SyncDir(string) error { return nil }

// SyncDirIn does nothing, for the same reason.
func SyncDirIn(*os.Root, string) error { return nil }
