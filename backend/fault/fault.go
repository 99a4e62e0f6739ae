// Package fault names the moments at which a crash would hurt most, so that the
// tests can crash exactly there. In the program itself nothing is ever hooked.
package fault

import "sync/atomic"

var hook atomic.Pointer[func(point string)]

// Point marks a moment, such as "journal.written". It does nothing unless hooked.
func Point(name string) {
	if h := hook.Load(); h != nil {
		(*h)(name)
	}
}

// Hook makes every Point call fn; nil unhooks. For tests only.
func Hook(fn func(point string)) {
	if fn == nil {
		hook.Store(nil)
		return
	}
	hook.Store(&fn)
}
