// Package monitor watches what endpoints are asked and what they answer.
//
// It cuts an endpoint's captures into windows, compares each window with what
// the served version was trained on (its baseline), measures quality once labels
// arrive, and raises alerts. A window's result is one immutable record that
// carries everything needed to draw and explain it again.
//
// The statistics live in monitor/stat as pure functions. What never lives here:
// capturing (serve), deciding to retrain (loop), and anything that calls out.
package monitor
