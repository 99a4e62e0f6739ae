// Package step holds the built-in pipeline steps: prepare a table, train a
// logistic regression on it, evaluate it. They are ordinary programs that read
// and write files of the working folder and params.yaml, so that a project needs
// no Python to turn the whole loop. They know nothing of runs, registry or
// server, and other kinds of model never grow here: those are the person's code.
package step

import (
	"context"
	"io"
	"os"

	"github.com/goccy/go-yaml"

	"rondo/backend/errs"
)

// Names lists the steps in the order in which a pipeline uses them.
var Names = []string{"prepare", "train", "evaluate"}

// Run runs one step in dir and tells on out what it did.
func Run(ctx context.Context, name, dir string, out io.Writer) error {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return errs.New(errs.NotFound, "folder %s: %w", dir, err)
	}
	defer root.Close()
	p, err := readParams(root)
	if err != nil {
		return err
	}
	switch name {
	case "prepare":
		return prepare(ctx, root, p.Prepare, out)
	case "train":
		return train(ctx, root, p.Train, out)
	case "evaluate":
		return evaluate(ctx, root, p.Evaluate, out)
	}
	return errs.New(errs.Invalid, "there is no built-in step %q", name).WithHint("use prepare, train or evaluate")
}

// readParams reads params.yaml over the defaults, which fit the weather sample.
func readParams(root *os.Root) (params, error) {
	p := defaults()
	b, err := root.ReadFile("params.yaml")
	if os.IsNotExist(err) {
		return p, nil
	}
	if err != nil {
		return p, err
	}
	var said any
	if yaml.Unmarshal(b, &said) == nil && said == nil {
		return p, nil // an empty file would wipe the defaults out
	}
	if err := yaml.Unmarshal(b, &p); err != nil {
		return p, errs.New(errs.Invalid, "params.yaml: %s", yaml.FormatError(err, false, true)).
			WithHint("compare it with the parameters in docs/steps.md")
	}
	return p, p.check()
}
