// Package pipeline knows the stages of rondo.yaml: their graph, what rondo.lock says
// they consumed and produced, what must run and why, and how to run it. What a run
// is belongs to backend/run, what becomes of a model to backend/loop.
package pipeline
