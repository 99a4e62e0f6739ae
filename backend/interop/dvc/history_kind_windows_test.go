package dvc_test

import "io/fs"

// kindOf tells links from files. How many names a file has is not asked here.
func kindOf(info fs.FileInfo) string { return info.Mode().String() }
