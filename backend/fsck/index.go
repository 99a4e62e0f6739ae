package fsck

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"rondo/backend/index"
)

const tries = 3 // beside a server whose project changes meanwhile

// index builds the view anew from the journal and compares it with the one in use.
func (c *checker) index(ctx context.Context) error {
	if c.opts.Dump == nil || len(c.report.Problems) > 0 {
		return nil // of a damaged journal no view can be right
	}
	c.report.Index = true
	var row string
	for range tries {
		shown, fresh, err := c.dumps(ctx)
		if err != nil {
			return err
		}
		if bytes.Equal(shown, fresh) {
			return nil
		}
		row = firstDifference(shown, fresh)
	}
	c.add(Problem{
		Kind: KindIndex, File: "index.db", What: "the index is not what the journal gives: " + row,
		Hint: "rondo rebuild makes it anew; nothing is lost",
	})
	return nil
}

func (c *checker) dumps(ctx context.Context) (shown, fresh []byte, err error) {
	dir, err := os.MkdirTemp("", "rondo-fsck-")
	if err != nil {
		return nil, nil, unreadable(err, "the temporary folder")
	}
	defer os.RemoveAll(dir)
	var a, b bytes.Buffer
	if err := c.opts.Dump(ctx, &a); err != nil {
		return nil, nil, err
	}
	x, err := index.Open(ctx, filepath.Join(dir, "index.db"), c.opts.Nouns...)
	if err != nil {
		return nil, nil, err
	}
	defer x.Close()
	if _, _, err := x.CatchUp(ctx, c.path("journal")); err != nil {
		return nil, nil, err
	}
	err = x.Dump(ctx, &b)
	return a.Bytes(), b.Bytes(), err
}

// firstDifference names the first row that only one of the two has.
func firstDifference(shown, fresh []byte) string {
	a, b := bufio.NewScanner(bytes.NewReader(shown)), bufio.NewScanner(bytes.NewReader(fresh))
	for _, s := range []*bufio.Scanner{a, b} {
		s.Buffer(nil, 64<<20)
	}
	for n := 1; ; n++ {
		more, other := a.Scan(), b.Scan()
		if !more && !other {
			return "no row differs"
		}
		if a.Text() != b.Text() {
			return fmt.Sprintf("row %d is %.120q, and the journal gives %.120q", n, a.Text(), b.Text())
		}
	}
}
