package cli

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"time"

	"rondo/app/client"
	"rondo/backend/errs"
	"rondo/backend/loop"
	"rondo/backend/pipeline"
	"rondo/backend/registry"
)

const modelPatience = 5 * time.Second // until what an execution made is registered and judged

// awaitModels waits until the models that an execution made are versions, and what becomes of these is
// decided, so that the next verb finds them; it tells what was decided. What takes longer goes on by itself.
func (c *call) awaitModels(ctx context.Context, server *client.Client, e pipeline.Execution) error {
	patience := time.After(modelPatience)
	for _, name := range slices.Sorted(maps.Keys(e.Spec.Models)) {
		out, made := e.Outs[path.Clean(e.Spec.Models[name])]
		if !made || !out.Tree { // of one file it cannot be told here whether it is new
			continue
		}
		for wait := new(pace); ; {
			d, settled, err := decided(ctx, server, e.ID, name, out)
			if err != nil || settled {
				c.sayDecided(d)
				break
			}
			select {
			case <-patience:
				c.note("%s is still being judged; `rondo decisions` tells what comes of it", name)
				return nil
			default:
			}
			if err := wait.pause(ctx, false); err != nil {
				return err
			}
		}
	}
	return nil
}

// decided tells what was decided of a model that an execution made; settled where nothing more is to come.
func decided(ctx context.Context, server *client.Client, execution, model string, out pipeline.Artifact) (d loop.Decision, settled bool, err error) {
	var list []loop.Decision
	if err := server.Get(ctx, "/decisions", &list); err != nil {
		return d, false, err
	}
	for _, d := range list {
		if d.ExecutionID == execution && d.Model == model {
			return d, d.State != loop.Running, nil
		}
	}
	var versions []registry.Version
	err = server.Do(ctx, http.MethodGet, modelPath(model, "versions"), nil, &versions)
	if errs.Is(err, errs.NotFound) {
		return d, false, nil // it has no version yet
	}
	known := slices.ContainsFunc(versions, func(v registry.Version) bool { return v.Digest == out.Digest })
	return d, known, err
}

func (c *call) sayDecided(d loop.Decision) {
	if d.Text != "" && !c.json {
		c.say("%s: %s (rondo decisions show %s)", d.Model, d.Text, short(d.ID))
	}
}

// note tells a person beside the answer what is to be known.
func (c *call) note(format string, args ...any) {
	if !c.json {
		fmt.Fprint(c.Stderr, harmless(fmt.Sprintf("rondo: "+format+"\n", shownArgs(format, args)...)))
	}
}
