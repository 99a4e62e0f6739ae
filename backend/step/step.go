// Package step holds the built-in pipeline steps: prepare a table, train a
// logistic regression on it, evaluate it. They are ordinary programs that read
// and write files of the working folder and params.yaml, so that a project needs
// no Python to turn the whole loop. They know nothing of runs, registry or
// server, and other kinds of model never grow here: those are the person's code.
package step

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"rondo/backend/errs"
	"rondo/backend/yamldoc"
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
	tree, err := yamldoc.Parse(b)
	if err == nil && tree != nil { // an empty file leaves the defaults
		err = yamldoc.DecodeKnown(tree, &p)
	}
	if err != nil {
		return p, unfit(err)
	}
	return p, p.check()
}

// unfit says where in params.yaml something is that cannot be.
func unfit(err error) error {
	var at *yamldoc.Error
	if errors.As(err, &at) {
		err = fmt.Errorf("%d:%d: %w", at.Line, at.Col, err)
	}
	return errs.New(errs.Invalid, "params.yaml:%w", err).WithHint("compare it with the parameters in docs/steps.md")
}
