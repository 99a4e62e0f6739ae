package store

// Content-defined chunking after FastCDC (Xia and others, 2016 and 2020): a chunk ends
// where a rolling hash of the bytes before has certain bits zero, so that an insertion
// moves the ends around it and no others. Fewer zeros are asked for the longer a chunk
// has become. These numbers and the table are part of what two versions of a file
// share; changing them costs space, never correctness.
const (
	minChunk    = 16 << 10
	normalChunk = 64 << 10
	maxChunk    = 256 << 10
	hardMask    = 0xffff << 48 // before normalChunk
	easyMask    = 0xfffc << 48 // after it
)

// gear is a table of noise: splitmix64 from 1.
var gear = func() (t [256]uint64) {
	x := uint64(1)
	for i := range t {
		x += 0x9e3779b97f4a7c15
		z := x
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		t[i] = z ^ z>>31
	}
	return t
}()

// cut returns the length of the first chunk of b. Where b may go on (last is false) and
// holds no end of a chunk, it is 0.
func cut(b []byte, last bool) int {
	if len(b) <= minChunk {
		if last {
			return len(b)
		}
		return 0
	}
	normal, most := min(normalChunk, len(b)), min(maxChunk, len(b))
	h := uint64(0)
	i := minChunk
	for _, c := range b[minChunk:normal] {
		h = h<<1 + gear[c]
		i++
		if h&hardMask == 0 {
			return i
		}
	}
	for _, c := range b[normal:most] {
		h = h<<1 + gear[c]
		i++
		if h&easyMask == 0 {
			return i
		}
	}
	if last || most == maxChunk {
		return most
	}
	return 0
}
