package cli

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"rondo/backend/dataset"
	"rondo/backend/dataset/far"
	"rondo/backend/errs"
)

func dataRemote(ctx context.Context, c *call) error {
	if err := c.want(0, 2); err != nil {
		return err
	}
	var list []far.Remote
	show := func() error {
		rows := [][]string{{"REMOTE", "ADDRESS"}}
		for _, r := range list {
			rows = append(rows, []string{r.Name, r.Address})
		}
		if len(list) == 0 {
			c.say("No remotes yet. `rondo data remote NAME ADDRESS` names one.")
			c.sayRemotesOfDVC()
			return nil
		}
		c.table(rows)
		return nil
	}
	if len(c.args) == 0 {
		return c.fetch(ctx, "/remotes", &list, show)
	}
	in := far.Remote{Name: c.args[0]}
	switch {
	case len(c.args) == 2:
		if in.Address = c.args[1]; !strings.Contains(in.Address, ":") && !filepath.IsAbs(in.Address) {
			in.Address = filepath.Join(c.Dir, in.Address)
		}
	case !c.isSet("forget"):
		return errs.New(errs.Invalid, "where is %s?", in.Name).WithHint("rondo data remote %s ADDRESS", in.Name)
	}
	return c.act(ctx, http.MethodPost, "/remotes", in, &list, show)
}

func dataRemoteStatus(ctx context.Context, c *call) error {
	if err := c.want(0, 0); err != nil {
		return err
	}
	var list []dataset.RemoteStatus
	err := c.actOnData(ctx, http.MethodGet, "/remotes/status?"+url.Values{"remote": {c.value("remote")}}.Encode(), nil, &list, func() error {
		rows := [][]string{{"DATASET", "HERE", "IN PART", "THERE", "TO PUSH", "TO FETCH", ""}}
		for _, st := range list {
			if st.File != "" {
				continue
			}
			word := ""
			if st.InSync {
				word = "in sync"
			}
			rows = append(rows, []string{st.Dataset, strconv.Itoa(st.Here), strconv.Itoa(st.InPart), strconv.Itoa(st.There), strconv.Itoa(st.ToPush), strconv.Itoa(st.ToFetch), word})
		}
		c.table(rows)
		for _, st := range list {
			if st.Text != "" {
				c.say("%s: %s", st.Dataset+st.File, st.Text)
			}
		}
		if n := unreadable(list); n > 0 {
			return errs.New(errs.Corrupt, "%s there cannot be read", counted(int64(n), "record")).WithHint("a push from a project that has the snapshot writes its record anew")
		}
		return nil
	})
	return c.answered(err, unreadable(list) == 0)
}

// unreadable counts the records of a remote that cannot be read.
func unreadable(list []dataset.RemoteStatus) (n int) {
	for _, st := range list {
		if st.File != "" {
			n++
		}
	}
	return n
}
