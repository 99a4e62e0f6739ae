package fault

import "sync/atomic"

var failing atomic.Pointer[func(op string) error]

// Check is asked before the file system is: what it returns, the operation fails with. It
// returns nothing unless Fail was called. The operations are named after the system calls
// that they stand for: "create", "write", "mkdir", "sync", "rename", "syncdir", "syncfs", "read".
func Check(op string) error {
	if f := failing.Load(); f != nil {
		return (*f)(op)
	}
	return nil
}

// Fail lets fn decide what fails; nil ends that. For tests only.
func Fail(fn func(op string) error) {
	if fn == nil {
		failing.Store(nil)
		return
	}
	failing.Store(&fn)
}

// Failing reports whether Fail is in use.
func Failing() bool { return failing.Load() != nil }
