package cli

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"rondo/app/client"
	"rondo/backend/atomicfile"
	"rondo/backend/dataset"
	"rondo/backend/errs"
	"rondo/backend/interop/dvc"
	"rondo/backend/interop/dvc/history"
	"rondo/backend/pipeline"
	"rondo/backend/project"
)

var importVerbs = []verb{
	{
		name: "import dvc", args: "[DIR]", short: "make a Rondo project of a DVC project", anywhere: true, run: importDVC,
		long: `
Stages of dvc.yaml go to rondo.yaml, data that .dvc files track becomes datasets with
a snapshot each. Data that only DVC's cache has is brought into the folder. Nothing of
DVC's is changed and nothing is run; what could not come is told at the end.

The past comes too: each commit of git whose stages had other outcomes than the one before
becomes a run with its params and metrics, and so does each experiment of refs/exps; what
DVCLive wrote becomes metric points and artifacts. Earlier contents of data that the cache
still has become snapshots that know their commit, and tags of git become theirs.

It can be interrupted and repeated: what is there already stays as it is.

  rondo import dvc
  rondo import dvc --dry ~/old-project      only tell what would happen
  rondo import dvc --no-history             what is checked out, and no past`,
		flags: func(f *flag.FlagSet) {
			f.Bool("dry", false, "change nothing, only tell")
			f.Bool("no-history", false, "bring only what is checked out")
		},
	},
	{
		name: "import mlflow", args: "SOURCE", short: "bring over what an MLflow store holds", run: importMLflow,
		long: `
SOURCE is an mlruns folder, an SQLite file, the address of a PostgreSQL database or of
a running server. Experiments, runs with whole histories, artifacts, logged models,
registered models with versions and aliases, prompts, traces, evaluation datasets and
scorers come over; ids and times stay the same. Nothing in the source is changed. What
could not come is told at the end, with the reason.

It can be interrupted and repeated: only what is new or has changed is brought. Files
are read below the source's folder; where artifacts are elsewhere, name that folder.
A server takes its credentials from MLFLOW_TRACKING_USERNAME and _PASSWORD or _TOKEN.

  rondo import mlflow ~/old/mlruns
  rondo import mlflow ~/old/mlflow.db --artifacts /mnt/mlartifacts
  rondo import mlflow postgresql://me@db.lan/mlflow --artifacts /mnt/mlartifacts
  rondo import mlflow http://mlflow.lan:5000`,
		flags: func(f *flag.FlagSet) {
			f.String("artifacts", "", "read artifacts below these `FOLDERS` too, separated as in PATH")
		},
	},
	{
		name: "export mlflow", args: "FOLDER", short: "write a store that MLflow opens", run: exportMLflow,
		long: `
Writes mlflow.db and the folder mlartifacts into a FOLDER that is empty or not there,
with all that MLflow can hold. The schema is that of MLflow 3.4; a newer MLflow brings
it up to its own when it opens it (tried with 3.17).

  rondo export mlflow ~/for-mlflow
  mlflow server --backend-store-uri sqlite:///$HOME/for-mlflow/mlflow.db --artifacts-destination ~/for-mlflow/mlartifacts`,
	},
}

// imported is the account that --json prints.
type imported struct {
	Project   string             `json:"project"`
	Stages    int                `json:"stages"`   // that rondo.yaml gained
	Datasets  int                `json:"datasets"` // that rondo.yaml gained
	Fresh     []string           `json:"fresh"`    // stages that need not run, because DVC has run them
	Snapshots []dataset.Snapshot `json:"snapshots"`
	Came      []string           `json:"came"`
	Left      []string           `json:"left"`
	History   *history.Account   `json:"history,omitempty"` // nothing with --no-history or --dry
}

func importDVC(ctx context.Context, c *call) error {
	if err := c.want(0, 1); err != nil {
		return err
	}
	from := c.Dir
	if len(c.args) == 1 {
		from = c.abs(c.args[0])
	} else if c.dir != "" {
		from = c.abs(c.dir)
	}
	root, err := dvc.Find(from)
	if err != nil {
		return err
	}
	p, err := dvc.Open(root)
	if err != nil {
		return err
	}
	defer p.Close()
	text, err := rondoFile(root)
	if err != nil {
		return err
	}
	plan, err := p.Plan(ctx, text)
	if err != nil {
		return err
	}
	account := imported{root, plan.Stages, plan.Datasets, []string{}, []dataset.Snapshot{}, plan.Came, plan.Left, nil}
	if !c.isSet("dry") {
		if err := c.carryOver(ctx, p, plan, &account); err != nil {
			return err
		}
	}
	return c.tellImport(account)
}

// rondoFile is rondo.yaml as it is, or as a new one begins.
func rondoFile(root string) ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(root, project.FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return []byte(fmt.Sprintf("rondo: %d\nname: %s\n", project.Format, strconv.Quote(filepath.Base(root)))), nil
	}
	if err != nil {
		return nil, errs.Wrap(errs.Unavailable, err, "read %s", project.FileName)
	}
	return b, nil
}

// carryOver does what the plan says, in an order that can stop anywhere: the project,
// its rondo.yaml, and then each dataset by itself.
func (c *call) carryOver(ctx context.Context, from *dvc.Project, plan *dvc.Plan, account *imported) error {
	p, err := project.Init(from.Dir, "")
	if err != nil && !errs.Is(err, errs.Conflict) {
		return err
	}
	if err := p.Writable(); err != nil {
		return err
	}
	if plan.Changed {
		if err := atomicfile.Replace(p.Path(project.TemporaryDir), p.Path(project.FileName), plan.Text, 0o644); err != nil {
			return errs.New(errs.Unavailable, "write %s: %w", project.FileName, err)
		}
	}
	if err := mergeByRondo(p.Dir); err != nil {
		return err
	}
	if err := adopt(ctx, p, plan, account); err != nil {
		return err
	}
	c.dir = p.Dir
	api, err := c.api(ctx)
	if err != nil {
		return err
	}
	if !c.isSet("no-history") {
		if err := c.importPast(ctx, api, plan, account); err != nil {
			return err
		}
	}
	for _, d := range plan.Data {
		if d.State == dvc.Absent {
			continue
		}
		if err := c.importData(ctx, api, from, d, account); err != nil {
			if ctx.Err() != nil || errs.Is(err, errs.Unavailable) { // the server ended, or a disk is full
				return fmt.Errorf("%s: %w", d.From, err)
			}
			account.Left = append(account.Left, d.From+": "+err.Error())
		}
	}
	return nil
}

// adopt records the stages that DVC has run and that are as it left them.
func adopt(ctx context.Context, p *project.Project, plan *dvc.Plan, account *imported) error {
	f, err := p.Read()
	if err != nil {
		return err
	}
	fresh, err := pipeline.Adopt(ctx, p.Dir, f, plan.Fresh)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		account.Left = append(account.Left, "every stage runs once in Rondo: "+err.Error())
	}
	account.Fresh = append(account.Fresh, fresh...)
	return nil
}

// importPast comes before the data as it is now, so that snapshots have the order of what
// happened.
func (c *call) importPast(ctx context.Context, api *client.Client, plan *dvc.Plan, account *imported) error {
	for _, d := range plan.Data {
		err := api.Post(ctx, "/datasets", map[string]string{"name": d.Name, "path": d.Path, "desc": d.Desc}, nil)
		if err != nil && ctx.Err() != nil {
			return err // otherwise it is there, or is not to be had, which the account tells
		}
	}
	account.History = &history.Account{}
	return c.followed(ctx, "import.progress", pastLine, func() error {
		return api.Do(ctx, http.MethodPost, "/imports/dvc", nil, account.History)
	})
}

func pastLine(data json.RawMessage) string {
	var p history.Progress
	if json.Unmarshal(data, &p) != nil || p.Done || p.Commits == 0 {
		return ""
	}
	return counted(int64(p.Commits), "commit")
}

func (c *call) importData(ctx context.Context, api *client.Client, from *dvc.Project, d dvc.Data, account *imported) error {
	if err := from.Restore(ctx, d); err != nil {
		return err
	}
	var set dataset.Dataset
	err := api.Post(ctx, "/datasets", map[string]string{"name": d.Name, "path": d.Path, "desc": d.Desc}, &set)
	if err != nil && !errs.Is(err, errs.Conflict) { // rondo.yaml may have told the server of it
		return err
	}
	message := "as " + d.From + " names it"
	if d.State == dvc.Changed {
		message = "as it was when " + d.From + " was imported"
	}
	var s dataset.Snapshot
	if err := api.Do(ctx, http.MethodPost, dataPath(d.Name, "snapshots"), map[string]any{"message": message}, &s); err != nil {
		return err
	}
	account.Snapshots = append(account.Snapshots, s)
	return nil
}

func (c *call) tellImport(a imported) error {
	if c.json {
		return c.print(a)
	}
	if len(a.Came) > 0 {
		c.say("What comes over:")
	}
	for _, l := range a.Came {
		c.say("  %s", l)
	}
	if len(a.Left) > 0 || a.History != nil && len(a.History.Left) > 0 {
		c.say("What does not, or not quite:")
	}
	for _, l := range a.Left {
		c.say("  %s", l)
	}
	if a.History != nil {
		for _, l := range a.History.Left {
			c.say("  %s", l)
		}
	}
	if c.isSet("dry") {
		c.say("Nothing was changed: %s and %s would be added to rondo.yaml.", counted(int64(a.Datasets), "dataset"), counted(int64(a.Stages), "stage"))
		return nil
	}
	c.say("%s: %s and %s added to rondo.yaml, %s there now.", a.Project, counted(int64(a.Datasets), "dataset"), counted(int64(a.Stages), "stage"), counted(int64(len(a.Snapshots)), "snapshot"))
	if h := a.History; h != nil {
		c.say("Of the past (%s, %s): %s with %s and %s of DVCLive, %s and %s are new; %d had come before.",
			counted(int64(h.Commits), "commit"), counted(int64(h.Experiments), "experiment"), counted(int64(h.Runs), "run"), counted(h.Points, "metric point"),
			counted(int64(h.Files), "file"), counted(int64(h.Snapshots), "snapshot"), counted(int64(h.Tags), "tag"), h.There)
	}
	if len(a.Fresh) > 0 {
		c.say("%s need not run: DVC has run them, and nothing has changed since.", counted(int64(len(a.Fresh)), "stage"))
	}
	c.say("Next: `rondo trust` shows what its rondo.yaml may run, `rondo status` what would run.")
	return nil
}
