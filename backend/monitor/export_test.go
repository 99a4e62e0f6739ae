package monitor

import "context"

// Compare learns a baseline and compares captures with it, without recording anything.
func Compare(ctx context.Context, v VersionRef, t Trained, captures []Capture, rule Config) (Window, error) {
	p, err := learn(ctx, v, t, nil)
	if err != nil {
		return Window{}, err
	}
	w := Window{Rule: rule, Rows: len(captures)}
	w.compare(p, captures)
	return w, nil
}

// Score measures the quality of captures.
var Score = score
