// Package loop turns what happens into what follows: triggers, decisions with their
// evidence, and the steps of a retrain. It is the only place that knows several
// nouns, and it owns no data but its decisions.
package loop
