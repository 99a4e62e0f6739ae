package launch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"rondo/backend/errs"
	"rondo/backend/fault"
	"rondo/backend/ledger"
	"rondo/backend/proc"
	"rondo/backend/run"
	"rondo/backend/run/seal"
)

// end seals what the run has left and then records how it ended: a program that is killed in
// between finds the run again at its next start, and does both. What keeps it from being
// recorded, such as a full disk, passes; until then it is tried again.
func (l *Launcher) end(w *work, exit proc.Exit) {
	defer l.forget(w.id)
	ctx := ledger.WithActor(context.WithoutCancel(l.ctx), "rondo") // the server may close meanwhile: what is begun here comes to its end
	tries := 0
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 10*time.Second) {
		fault.Point("run.exited")
		tries++
		err := l.seal(ctx, w.id)
		if errors.Is(err, context.Canceled) {
			return // the next start finds exit.json
		}
		if err == nil || tries >= sealTries { // without it a damaged log is found by nobody, and all else goes on
			err = l.record(ctx, w.id, exit)
		}
		if err == nil || errs.Is(err, errs.NotFound) {
			return
		}
		select {
		case <-l.ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

const sealTries = 4

// seal seals the folder of a run. That takes long where it has printed much, so the server's end
// does not wait for it, where the next start does it again.
func (l *Launcher) seal(ctx context.Context, id string) error {
	dir := l.opts.Runs.Dir(id)
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil // it never started
	}
	if _, err := proc.ReadExit(dir); err == nil {
		ctx = l.ctx
	}
	err := seal.Write(ctx, dir)
	if err == nil {
		fault.Point("run.sealed")
	}
	return err
}

func (l *Launcher) record(ctx context.Context, id string, exit proc.Exit) error {
	r, err := l.opts.Runs.Get(ctx, id)
	if err == nil {
		_, err = l.opts.Runs.Update(ctx, id, ending(r, exit))
	}
	return err
}

// ending says what the end of the process means for the run.
func ending(r run.Run, e proc.Exit) run.Change {
	at := e.EndedAt
	status, reason := run.Finished, ""
	switch {
	case e.Stopped:
		status, reason = run.Killed, stopWords(e)
	case !e.OK():
		status, reason = run.Failed, failWords(e)
	case r.Status == run.Failed || r.Status == run.Killed:
		status, reason = r.Status, "the script itself said so"
	}
	if at.IsZero() {
		at = time.Now()
	}
	b, err := json.Marshal(e)
	if err != nil {
		b = []byte(`{"code":-1}`) // an Exit always encodes
	}
	return run.Change{Status: &status, Reason: &reason, EndedAt: &at, Exit: b}
}

func stopWords(e proc.Exit) string {
	switch {
	case e.LastStep == "" && e.Error != "":
		return e.Error
	case e.LastStep == "" || e.LastStep == "INT":
		return "stopped by " + who(e)
	case e.LastStep == "KILL":
		return fmt.Sprintf("stopped by %s; it ignored INT and TERM and was killed", who(e))
	}
	return fmt.Sprintf("stopped by %s; it ignored INT and needed %s", who(e), e.LastStep)
}

func who(e proc.Exit) string {
	if e.StoppedBy == "" {
		return "somebody"
	}
	return strings.TrimPrefix(e.StoppedBy, "cli:")
}

func failWords(e proc.Exit) string {
	switch {
	case e.Error != "":
		return e.Error
	case e.Signal == "killed":
		return "it was killed from outside, perhaps because memory ran out"
	case e.Signal != "":
		return "it was ended by the signal " + e.Signal
	}
	return fmt.Sprintf("exit code %d", e.Code)
}
