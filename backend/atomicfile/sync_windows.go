package atomicfile

// SyncDir does nothing: NTFS journals names, and a directory cannot be flushed.
func SyncDir(string) error { return nil }
