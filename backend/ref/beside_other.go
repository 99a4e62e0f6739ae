//go:build !amd64

package ref

const twofold = false

func blocks2(a, b *state, p, q *byte, n int) { panic("not made for this processor") }
