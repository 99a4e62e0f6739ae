package pipeline

import "context"

// Books are what another tool keeps of the stages of its own project, in place of
// rondo.lock. A stage that has a place in them says so by From.
type Books interface {
	// Ready says why none of its stages may run, as they are written.
	Ready() error
	// Reasons says why the stage at an address has to run; none where it need not.
	Reasons(ctx context.Context, address string) ([]string, error)
	// Begin brings up to date what the stage reads and no stage makes; all of it, changed or
	// not, where force says so.
	Begin(ctx context.Context, address string, force bool, say func(format string, args ...any)) error
	// Update brings one stage up to date: leaves it, restores its outs, or has its commands
	// run and records what came out.
	Update(ctx context.Context, address string, w Work) (Kept, error)
	Experimenter
	Close() error
}

// Work is how Books reach the runner.
type Work struct {
	Cmd   []string // the command lines that were trusted
	Force bool
	Begun func(reasons []string) // told once it is known that the stage is not left as it is; may be nil
	Run   func(argv []string, env []string) error
	Say   func(format string, args ...any)
	Aside func(path string) error // moves what nobody has kept out of the way
}

// Kept is what became of a stage. Reasons are why it was not left as it is.
type Kept struct {
	State   string // Ran, Restored, Skipped or Frozen
	Reasons []string
	Params  map[string]string
}

// OpenBooks opens the books of a project; nil where it has none. What its stages name
// outside of the folder is read where it is one of the trusted paths.
type OpenBooks func(dir string, trusted []string) (Books, error)
