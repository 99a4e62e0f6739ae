//go:build unix

package atomicfile_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"rondo/backend/atomicfile"
)

// TestReceivedIsWhatWasSent: every length around a piece, however it comes, and no more than
// the limit.
func TestReceivedIsWhatWasSent(t *testing.T) {
	dir, err := os.OpenRoot(t.TempDir())
	must(t, err)
	defer dir.Close()
	content := make([]byte, 20<<20+3)
	for i := range content {
		content[i] = byte(i * 2654435761 >> 13)
	}
	for _, n := range []int{0, 1, 256<<10 - 1, 256 << 10, 256<<10 + 1, 512 << 10, 3<<20 + 7, len(content)} {
		for how, r := range map[string]io.Reader{
			"at once": bytes.NewReader(content[:n]), "in halves": iotest.HalfReader(bytes.NewReader(content[:n])),
			"with its end": iotest.DataErrReader(bytes.NewReader(content[:n])),
		} {
			got, err := atomicfile.Receive(context.Background(), dir, "a", r, int64(n))
			must(t, err)
			b, err := dir.ReadFile("a")
			must(t, err)
			if got != int64(n) || !bytes.Equal(b, content[:n]) {
				t.Fatalf("%d bytes, %s: %d were said to have come, %d have", n, how, got, len(b))
			}
			must(t, dir.Remove("a"))
		}
	}
	for _, n := range []int{10, 1 << 20, 9 << 20} {
		if _, err := atomicfile.Receive(context.Background(), dir, "b", bytes.NewReader(content), int64(n)); !errors.Is(err, atomicfile.ErrTooLong) {
			t.Fatalf("more than %d bytes: %v", n, err)
		}
		must(t, dir.Remove("b"))
	}
}

// TestWhatIsCutIsNotReceived: the sender's end that comes too early is told from the end.
func TestWhatIsCutIsNotReceived(t *testing.T) {
	dir, err := os.OpenRoot(t.TempDir())
	must(t, err)
	defer dir.Close()
	for _, n := range []int{0, 100, 256 << 10, 700_000, 10 << 20} {
		r := io.MultiReader(bytes.NewReader(make([]byte, n)), iotest.ErrReader(io.ErrUnexpectedEOF))
		var unsent *atomicfile.Unsent
		if _, err := atomicfile.Receive(context.Background(), dir, "a", r, 1<<30); !errors.As(err, &unsent) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
		must(t, dir.Remove("a"))
	}
}
