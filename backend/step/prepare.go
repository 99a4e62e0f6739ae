package step

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"

	"rondo/backend/errs"
)

// prepare chooses the rows, drops the faulty ones and splits the rest into
// training and holdout by a hash of their key, so that a row never changes sides,
// whatever is added to the table later.
func prepare(ctx context.Context, root *os.Root, p prepareParams, out io.Writer) error {
	t, err := readTable(ctx, root, p.Data)
	if err != nil {
		return err
	}
	c, err := newCleaner(t, p)
	if err != nil {
		return err
	}
	for _, row := range t.rows {
		c.take(row)
	}
	if len(c.train) == 0 {
		return errs.New(errs.Invalid, "no row of %s is left for training: %s", p.Data, c.summary(t)).
			WithHint("widen prepare.where, prepare.from and prepare.to in params.yaml, or look at the data")
	}
	names := make([]string, len(p.Columns))
	for i, col := range p.Columns {
		names[i] = col.Name
	}
	if err := writeTable(root, p.Train, names, c.train); err != nil {
		return err
	}
	if err := writeTable(root, p.Holdout, names, c.holdout); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "prepare: %s\n", c.summary(t))
	return err
}

// cleaner sorts raw rows into training, holdout and left out.
type cleaner struct {
	p              prepareParams
	key            []int
	where          map[int][]string
	date           int // -1 where no range is asked for
	makers         []maker
	seen           map[string]bool
	train, holdout [][]string
	outside        int
	faulty         map[string]int // by reason
}

func newCleaner(t *table, p prepareParams) (*cleaner, error) {
	c := &cleaner{p: p, where: map[int][]string{}, date: -1, seen: map[string]bool{}, faulty: map[string]int{}}
	if t.ragged > 0 {
		c.faulty["broken line"] = t.ragged
	}
	for _, name := range p.Key {
		i, err := t.column(name)
		if err != nil {
			return nil, err
		}
		c.key = append(c.key, i)
	}
	for name, values := range p.Where {
		i, err := t.column(name)
		if err != nil {
			return nil, err
		}
		c.where[i] = values
	}
	if p.From != "" || p.To != "" {
		var err error
		if c.date, err = t.column(p.Date); err != nil {
			return nil, err
		}
	}
	return c, c.makeColumns(t)
}

func (c *cleaner) makeColumns(t *table) error {
	for _, col := range c.p.Columns {
		m, err := newMaker(t, col)
		if err != nil {
			return err
		}
		c.makers = append(c.makers, m)
	}
	return nil
}

func (c *cleaner) take(row []string) {
	if !c.wanted(row) {
		c.outside++
		return
	}
	made := make([]string, len(c.makers))
	for i, m := range c.makers {
		v, fault := m.make(row[m.from])
		if fault != "" {
			c.faulty[fault]++
			return
		}
		made[i] = v
	}
	key := c.keyOf(row)
	if c.seen[key] {
		c.faulty["repeated "+strings.Join(c.p.Key, " and ")]++
		return
	}
	c.seen[key] = true
	if heldOut(key, c.p.Share) {
		c.holdout = append(c.holdout, made)
	} else {
		c.train = append(c.train, made)
	}
}

func (c *cleaner) wanted(row []string) bool {
	for i, values := range c.where {
		if len(values) > 0 && !slices.Contains(values, row[i]) {
			return false
		}
	}
	if c.date < 0 {
		return true
	}
	day := row[c.date] // ISO dates sort as text
	return (c.p.From == "" || day >= c.p.From) && (c.p.To == "" || day <= c.p.To)
}

func (c *cleaner) keyOf(row []string) string {
	parts := make([]string, len(c.key))
	for i, k := range c.key {
		parts[i] = row[k]
	}
	return strings.Join(parts, "\x1f")
}

// heldOut decides by the first 64 bits of the key's SHA-256.
func heldOut(key string, share float64) bool {
	h := sha256.Sum256([]byte(key))
	return float64(binary.BigEndian.Uint64(h[:8]))/math.Exp2(64) < share
}

func (c *cleaner) summary(t *table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d rows of %s: %d to train on, %d held out, %d outside the chosen range",
		len(t.rows)+t.ragged, t.path, len(c.train), len(c.holdout), c.outside)
	total := 0
	for _, n := range c.faulty {
		total += n
	}
	fmt.Fprintf(&b, ", %d faulty and dropped", total)
	for i, reason := range slices.Sorted(maps.Keys(c.faulty)) {
		fmt.Fprintf(&b, "%s%d %s", []string{" (", ", "}[min(i, 1)], c.faulty[reason], reason)
	}
	if total > 0 {
		b.WriteString(")")
	}
	return b.String()
}
