package cli

import "testing"

// TestSizesAreWrittenAsOnThePages: frontend/src/lib/format/number.ts has the same rule.
func TestSizesAreWrittenAsOnThePages(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 2304: "2.3 KiB", 10_239: "10.0 KiB", 10_240: "10 KiB", 15_000: "15 KiB", 14_848: "15 KiB",
		1 << 20: "1.0 MiB", 1<<20 - 1: "1024 KiB", 5 << 30: "5.0 GiB", 1 << 62: "4096 PiB",
	} {
		if got := size(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
}
