package cli

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"

	"rondo/backend/dataset/query"
	"rondo/backend/errs"
)

var dataLookVerbs = []verb{
	{
		name: "data preview", args: "NAME[@VERSION] [FILE]", short: "show rows of a snapshot's table",
		long: "Without a file it is the first table. CSV, TSV, JSON lines and Parquet files are tables.\n\n  rondo data preview reviews@2\n  rondo data preview reviews@golden march.parquet --from 500000 --rows 5",
		flags: func(f *flag.FlagSet) {
			f.Int("rows", 20, "how many rows, `N`, at most 1000")
			f.Int64("from", 1, "the first row to show, `N`")
		},
		run: dataPreview,
	},
	{
		name: "data cat", args: "NAME[@VERSION] [FILE]", short: "print a file of a snapshot as it was",
		long: "Nothing in the folder changes. What steers a terminal is left out there, and only there.\nA file that is damaged ends with an error, and what was printed by then is as it was.\n\n  rondo data cat weather@1 > before.csv\n  rondo data cat images@golden cats/list.csv | head",
		run:  dataCat,
	},
}

func dataPreview(ctx context.Context, c *call) error {
	path, file, err := c.snapshotFile(ctx)
	if err != nil {
		return err
	}
	from, limit, err := c.page()
	if err != nil {
		return err
	}
	q := url.Values{"file": {file}, "limit": {strconv.Itoa(limit)}, "offset": {strconv.FormatInt(from, 10)}}
	var r query.Rows
	return c.fetch(ctx, path+"/rows?"+q.Encode(), &r, func() error {
		c.sayRows(r)
		return nil
	})
}

// page is the first row that is asked for, from 0, and how many.
func (c *call) page() (from int64, limit int, err error) {
	from, err = strconv.ParseInt(c.value("from"), 10, 64)
	if err != nil || from < 1 {
		return 0, 0, errs.New(errs.Invalid, "--from %s is no row", c.value("from")).WithHint("the first row is 1")
	}
	limit, err = strconv.Atoi(c.value("rows"))
	if err != nil || limit < 1 || limit > 1000 {
		return 0, 0, errs.New(errs.Invalid, "--rows %s cannot be shown", c.value("rows")).WithHint("give a number from 1 to 1000")
	}
	return from - 1, limit, nil
}

func (c *call) sayRows(r query.Rows) {
	c.table(append([][]string{r.Columns}, clippedRows(r.Rows)...))
	last := r.Offset + int64(len(r.Rows))
	switch {
	case len(r.Rows) == 0 && r.Total > 0:
		c.say("%s has only %s.", r.File, counted(r.Total, "row"))
	case len(r.Rows) == 0:
		c.say("%s has no more rows.", r.File)
	case r.Total > int64(len(r.Rows)):
		c.say("Rows %d to %d of %d of %s.", r.Offset+1, last, r.Total, r.File)
	}
	c.sayFaults(r.File, r.Faults)
}

// clippedRows have cells of which a line can hold several.
func clippedRows(rows [][]string) [][]string {
	for _, r := range rows {
		for i, v := range r {
			r[i] = clipped(v, maxCell)
		}
	}
	return rows
}

// clipped is the beginning of a text that is longer than n letters.
func clipped(text string, n int) string {
	letters := []rune(text)
	if len(letters) <= n {
		return text
	}
	return string(letters[:n-1]) + "…"
}

const maxCell = 40 // letters

// snapshotFile is the address of the snapshot that the first argument names, and the file that the second does.
func (c *call) snapshotFile(ctx context.Context) (path, file string, err error) {
	if err := c.want(1, 2); err != nil {
		return "", "", err
	}
	name, number, err := c.snapshotOf(ctx, c.args[0])
	if len(c.args) > 1 {
		file = c.args[1]
	}
	return dataPath(name, "snapshots", strconv.Itoa(number)), file, err
}

func dataCat(ctx context.Context, c *call) error {
	path, file, err := c.snapshotFile(ctx)
	if err != nil {
		return err
	}
	if c.json {
		return errs.New(errs.Invalid, "a file is printed as it was, and not as JSON").WithHint("leave --json out; `rondo data files %s --json` tells of the files", c.args[0])
	}
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	res, err := api.Send(ctx, http.MethodGet, path+"/file?path="+url.QueryEscape(file), nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err = io.Copy(c.screen(), res.Body); err != nil && ctx.Err() == nil {
		return errs.New(errs.Corrupt, "the content ended before its end: %w", err).WithHint("`rondo data verify %s` names what is damaged", c.args[0])
	}
	return err
}

// screen is where files are printed.
func (c *call) screen() io.Writer {
	if terminal(c.Stdout) {
		return harmlessWriter{c.Stdout}
	}
	return c.Stdout
}

// harmlessWriter leaves out what steers a terminal.
type harmlessWriter struct{ w io.Writer }

func (h harmlessWriter) Write(b []byte) (int, error) {
	_, err := fmt.Fprint(h.w, harmless(string(b)))
	return len(b), err
}
