package dataset_test

import (
	"os"
	"path/filepath"
	"testing"

	"rondo/backend/fsck"
	"rondo/backend/ref"
)

// frozen is a project as format 1 was first written: small objects each in a pack,
// those of more than 64 KiB a file each, plain or compressed.
func frozen(t *testing.T) string {
	t.Helper()
	dir := project(t)
	must(t, os.CopyFS(dir, os.DirFS("../../testdata/formats/1")))
	return dir
}

// TestWhatWasWrittenOnceOpensForEver: the frozen project is intact, gives back its
// files, and goes on as any other.
func TestWhatWasWrittenOnceOpensForEver(t *testing.T) {
	ctx, dir := t.Context(), frozen(t)
	h := open(t, dir)
	for _, c := range []struct {
		name   string
		number int
		want   map[string]string
	}{
		{"images", 1, map[string]string{
			"images/noise.bin": "6a0b6255de51d3074b38043870d28d3c9cd42cef5063964f0725aa8060941445", "images/run.sh": "a4e0317eafab5cf1bc4a0041c7c8aeb6ece56fe72e7b2b3017a8a6574614cd35", "images/small.txt": "4c47b3e816fbe7d40cef9f665ba8f0be1ae68b5e8e7ed70f5b6bab7f70528e8f", "images/text.txt": "76d1324295db37af815217ace85138473aec1db0bea412e7434e633b1fa079df",
		}},
		{"weather", 1, map[string]string{"weather.csv": "211c012c78be290b07dd3a566027124736d1eb7a7d0f1322bab189f1501de914"}},
		{"weather", 2, map[string]string{"weather.csv": "a7abe3307b973a6c050f161d809143478e3049c01d147a6dda4d5d110feb8b15"}},
	} {
		_, err := h.Checkout(ctx, c.name, c.number, false)
		must(t, err)
		for name, digest := range c.want {
			if got := ref.Of([]byte(read(t, dir, name))).String(); got != digest {
				t.Errorf("%s of version %d has digest %s", name, c.number, got)
			}
		}
	}
	if fi, err := os.Stat(filepath.Join(dir, "images/run.sh")); err != nil || fi.Mode()&0o100 == 0 {
		t.Errorf("run.sh cannot be run any more: %v %v", fi.Mode(), err)
	}
	write(t, dir, "images/new.txt", "new")
	if s := h.snap(t, "images"); s.Number != 2 || s.Files != 5 {
		t.Errorf("the next snapshot is %+v", s)
	}
	h.close()
	if r, err := fsck.Check(ctx, dir, fsck.Options{}); err != nil || !r.OK || r.References < 8 {
		t.Errorf("%+v %v", r, err)
	}
}
