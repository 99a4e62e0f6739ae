package run

import (
	"rondo/backend/index"
	"rondo/backend/run/search"
)

// gatherer reads columns of one entity in one pass over all runs.
type gatherer struct {
	rows         int
	wanted, more map[string]*search.Cells
	many         bool // keys: only those that are wanted are kept then
	bytes        int  // of more
}

// gather reads the wanted keys, and all others as long as they are few.
func (g *gatherer) gather(tx *index.Tx, entity string) error {
	if entity == search.Metric {
		return g.gatherMetrics(tx)
	}
	if err := g.gatherPacked(tx, entity); err != nil {
		return err
	}
	return eachApart(tx, packed[entity].column, nil, func(no int64, key, value string) {
		if c := g.cells([]byte(key), false); c != nil {
			g.text(c, int(no), value)
		}
	})
}

func (g *gatherer) gatherPacked(tx *index.Tx, entity string) error {
	return eachPacked(tx, entity, nil, func(no int, data []byte) error {
		if entity == search.Metric {
			return eachLatest(data, func(key []byte, v float64) bool {
				if c := g.cells(key, true); c != nil {
					c.Number(no, v)
				}
				return true
			})
		}
		return eachPair(data, func(key, value []byte) {
			if c := g.cells(key, false); c != nil {
				g.text(c, no, string(value))
			}
		})
	})
}

func (g *gatherer) cells(key []byte, number bool) *search.Cells {
	if c := g.wanted[string(key)]; c != nil || g.many {
		return c
	}
	if c := g.more[string(key)]; c != nil {
		return c
	}
	c := search.NewCells(number)
	c.Grow(g.rows)
	g.more[string(key)] = c
	g.grow(c.Bytes())
	return c
}

func (g *gatherer) text(c *search.Cells, no int, value string) {
	before := c.Bytes()
	c.Text(no, value)
	if n := c.Bytes() - before; n > 0 {
		g.grow(n)
	}
}

// grow lets all unasked columns go when they become too large.
func (g *gatherer) grow(n int) {
	if g.bytes += n; g.bytes > maxColumns/2 {
		g.more, g.many = map[string]*search.Cells{}, true
	}
}
