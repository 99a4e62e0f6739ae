// Package host tells facts about this machine: what it is, and how busy it is now.
// It changes nothing and remembers nothing longer than a chart is wide.
package host
