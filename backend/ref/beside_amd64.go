package ref

// blocks2 takes n blocks of 64 bytes from p into one digest and as many from q into
// another, which costs a processor with SHA extensions no more time than one of the two.
//
//go:noescape
func blocks2(a, b *state, p, q *byte, n int)

// features asks the processor what it can do (CPUID).
func features(leaf uint32) (a, b, c uint32)

// twofold reports whether blocks2 may be called.
var twofold = func() bool {
	const ssse3, sse41, sha = 1 << 9, 1 << 19, 1 << 29
	if most, _, _ := features(0); most < 7 {
		return false
	}
	_, _, c := features(1)
	_, b, _ := features(7)
	return c&ssse3 != 0 && c&sse41 != 0 && b&sha != 0
}() && portable()
