package table

import (
	"errors"
	"io"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// A row is held in memory whole, and a list of a hundred million values in it takes a few
// hundred bytes of a file. Lists are as long as rows of other formats may be.
const (
	maxList   = 1 << 20  // values of a column in one row
	fewListed = 4 << 20  // values in lists of a row group that may be anywhere in it
	pageList  = 16 << 20 // values in lists of one page
)

// checkLists refuses a row group in which a row would not fit into memory, and returns how many
// rows may be read at once.
func (p *parquetRows) checkLists(g parquet.RowGroup) (rows int, err error) {
	var all, row int64
	for i, c := range g.ColumnChunks() {
		if !p.leaves[i].list {
			continue
		}
		if all += c.NumValues(); all <= fewListed {
			continue
		}
		n, err := longestList(c)
		if err != nil {
			return 0, err
		}
		if row += n; row > maxList {
			return 0, parquetError("a row has lists of more than %d values in all", maxList)
		}
	}
	if all > fewListed {
		return 1, nil
	}
	return parquetBatch, nil
}

// longestList is how many values of a column one row has at most.
func longestList(c parquet.ColumnChunk) (most int64, err error) {
	pages := c.Pages()
	defer pages.Close()
	for now := int64(0); ; {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return most, nil
		}
		if err != nil {
			return 0, err
		}
		for _, level := range page.RepetitionLevels() {
			if now++; level == 0 { // a row begins (Dremel, as Parquet writes it)
				now = 1
			}
			most = max(most, now)
		}
		parquet.Release(page)
		if most > maxList {
			return most, nil
		}
	}
}

// valuesOf adds up what the pages of a column say that they have, which is no more than the column
// says, and in lists not much in each.
type valuesOf struct {
	c    *format.ColumnMetaData
	list bool
	sum  int64
}

func (v *valuesOf) page(h pageHead) error {
	switch {
	case h.values < 0 || int64(h.values) > v.c.NumValues:
		return parquetError("a page says that it has %d of the %d values of its column", h.values, v.c.NumValues)
	case v.list && h.values > pageList:
		return parquetError("a page has %d values of lists, over the limit of %d", h.values, pageList)
	case h.dictionary:
		return nil
	}
	if v.sum += int64(h.values); v.sum > v.c.NumValues {
		return parquetError("its pages have more than the %d values of a column", v.c.NumValues)
	}
	return nil
}
