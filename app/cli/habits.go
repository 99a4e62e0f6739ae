package cli

import "strings"

// habits are words that git, DVC, restic or MLflow have for what a verb does here.
var habits = map[string]string{
	"restore": "data checkout", "revert": "data checkout", "undo": "data checkout", "reset": "data checkout", "switch": "data checkout",
	"backup": "data snapshot", "save": "data snapshot", "snapshots": "data log", "history": "data log", "versions": "data log",
	"rm": "data remove", "untrack": "data remove", "mv": "data move", "rename": "data move", "clone": "data pull",
	"forget": "data retain", "prune": "data gc", "cleanup": "data gc", "size": "data du", "stats": "data du", "check": "data verify",
	"show": "data files", "dataset": "data list", "datasets": "data list", "train": "repro", "pipeline": "stage list",
	"exp": "runs", "experiment": "runs", "experiments": "runs", "models": "model list", "endpoints": "endpoint list", "monitors": "monitor list",
	"triggers": "trigger list", "ui": "open", "server": "serve",
}

// habit is the verb that was meant by words which are none, where it is called otherwise elsewhere, or has one word less.
func habit(all []verb, given string) *verb {
	first, second, two := strings.Cut(given, " ")
	if two && first != "data" {
		return nil
	}
	word := first
	if two {
		word = second
		if v, _ := find(all, []string{second}); v != nil {
			return v
		}
	}
	v, _ := find(all, strings.Fields(habits[word]))
	return v
}
