package cli

import (
	"context"
	"flag"
	"net/http"

	"rondo/backend/dataset"
)

var dataStoreVerbs = []verb{
	{
		name: "data verify", args: "[NAME[@VERSION]]", short: "read a snapshot, or all objects, to the last byte and name every damaged file",
		long: "Without a name it reads everything that the project keeps. When that is interrupted, the\nnext one goes on where it was. A sample finds out less, sooner.\nWith --remote it reads what a remote has, and names the snapshots and files that need what is\ndamaged or missing there. `rondo data push` then sends that again.\n\n  rondo data verify --sample 5\n  rondo data verify --remote disk",
		flags: func(f *flag.FlagSet) {
			f.String("sample", "", "read only so many `percent` of all objects, chosen by chance")
			f.String("remote", "", "read what the remote of this `name` has instead of the project")
		},
		run: dataVerify,
	},
	{
		name: "data repair", short: "take what is damaged or missing from a remote or another copy of the project",
		long: "It reads everything, replaces what is damaged by what a source has once that is verified, and\nsays what it could not heal. Without --from it asks all remotes.\n\n  rondo data repair --from /media/anna/weather",
		flags: func(f *flag.FlagSet) {
			f.String("from", "", "a remote's name, or the folder of another copy of the project, as `SOURCE`")
		},
		run: dataRepair,
	},
	{
		name: "data unprotect", args: "NAME", short: "give a dataset files of its own that may be written to",
		long: "With `link: hardlink` in rondo.yaml a large file is one with the copy that snapshots keep, and\nread-only. This puts copies in their place. The next snapshot links what is there then.\n\n  rondo data unprotect reviews",
		run:  dataUnprotect,
	},
	{
		name: "data gc", short: "remove objects that nothing refers to",
		long: "What no snapshot, run, version, lock or other record of any device mentions is marked\nfirst, and removed by a later gc: after an hour, or 30 days where several devices write\nto the project; a --grace below a day then has to be meant. Nothing is removed while it cannot\nbe told what is needed.\nWith --remote it does so there: what no snapshot that the remote lists, nor one of this\nproject, refers to is removed by a gc that comes a day later, unless somebody pushed meanwhile.\n\n  rondo data gc --dry-run\n  rondo data gc --remote disk --dry-run",
		flags: func(f *flag.FlagSet) {
			f.Bool("dry-run", false, "only show what would be marked and removed")
			f.Duration("grace", 0, "remove what was marked this `time` ago, such as 10m")
			f.Bool("force", false, "with a --grace below a day, although other devices write to the project; and where the list of a snapshot's files is lost")
			f.String("remote", "", "collect on the remote of this `name` instead of here")
		},
		run: dataCollect,
	},
	{
		name: "data remote", args: "[NAME [ADDRESS]]", short: "list the remotes, or give a place a name as one",
		long: "A remote keeps snapshots for several projects or people: a folder on another disk, a folder of\nanother computer by ssh, or an S3 bucket. ssh uses your ~/.ssh/config, agent and keys; S3 your\nenvironment (AWS_ACCESS_KEY_ID …) or ~/.aws/credentials. No secret is kept.\n\n" +
			"  rondo data remote disk /media/disk/rondo\n  rondo data remote box me@box:/srv/rondo\n  rondo data remote cloud 's3://bucket/team?endpoint=s3.example.org&region=eu-1'",
		flags: func(f *flag.FlagSet) { f.Bool("forget", false, "take the name away; the place is left alone") },
		run:   dataRemote,
	},
	{name: "data push", args: "[DATASET…]", short: "copy snapshots to a remote that lacks them", flags: remoteFlag, run: dataPush},
	{
		name: "data fetch", args: "[DATASET…] | NAME[@VERSION] [PATH…]", short: "copy snapshots from a remote, or some files of one",
		long:  "With NAME@VERSION it is that snapshot alone. With paths of files or folders in the dataset only\ntheir content comes over, of the snapshot that the pointer NAME.snap names where no version is\ngiven. A call that is cut off goes on where it was when it is made again.\n\n  rondo data fetch\n  rondo data fetch images train/cats\n  rondo data fetch images@3",
		flags: remoteFlag, run: dataFetch,
	},
	{
		name: "data pull", args: "[NAME[@VERSION] [PATH…]]", short: "fetch a dataset's snapshots, or some files of one, and bring files back",
		long: "Without a version it is the snapshot that the pointer NAME.snap names, so that `git pull`\nfollowed by this gives the data of that commit; without a name that of all datasets which are here\nor have a pointer. With paths of files or folders in the dataset\nonly these come over and are brought back; the rest and the pointer stay.\n\n  rondo data pull images train/cats",
		flags: func(f *flag.FlagSet) {
			remoteFlag(f)
			f.Bool("force", false, "overwrite work that no snapshot has")
		},
		run: dataPull,
	},
	{name: "data remote-status", short: "compare the snapshots here with those of a remote", flags: remoteFlag, run: dataRemoteStatus},
}

func remoteFlag(f *flag.FlagSet) {
	f.String("remote", "", "the remote's `name`; the only one if empty")
}

func dataUnprotect(ctx context.Context, c *call) error {
	if err := c.want(1, 1); err != nil {
		return err
	}
	var u dataset.Unprotected
	return c.act(ctx, http.MethodPost, dataPath(c.args[0], "unprotect"), nil, &u, func() error {
		c.say("%s of %s may be written to now; %s copied", counted(int64(u.Files), "file"), c.args[0], size(u.Bytes))
		return nil
	})
}
