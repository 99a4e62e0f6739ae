package run

import "hash/fnv"

var adjectives = []string{
	"agile", "amber", "bold", "brave", "bright", "brisk", "calm", "candid", "clear", "clever", "crisp", "curious", "daring", "deft", "eager",
	"early", "fair", "fine", "fleet", "fresh", "gentle", "glad", "golden", "grand", "happy", "honest", "humble", "keen", "kind", "light",
	"lively", "lucid", "lucky", "mellow", "merry", "mild", "neat", "nimble", "noble", "patient", "placid", "polite", "proud", "quick",
	"quiet", "rare", "ready", "serene", "sharp", "silent", "silver", "sleek", "smart", "snowy", "solid", "spry", "steady", "stout",
	"sunny", "swift", "tidy", "vivid", "warm", "wise",
}

var nouns = []string{
	"acorn", "alder", "ash", "badger", "beech", "birch", "breeze", "brook", "canyon", "cedar", "cliff", "cloud", "comet", "coral", "crane",
	"crow", "dawn", "delta", "dune", "eagle", "elm", "falcon", "fern", "finch", "fjord", "forest", "fox", "glacier", "grove", "harbor",
	"hare", "hawk", "heron", "hill", "island", "jay", "lake", "lark", "lynx", "maple", "marsh", "meadow", "moon", "moss", "oak", "ocean",
	"otter", "owl", "pebble", "pine", "quail", "reef", "ridge", "river", "robin", "shore", "sparrow", "spring", "star", "stone", "swan",
	"thrush", "willow", "wren",
}

// friendly makes up a name that is easier to say than an id, such as calm-heron-417.
func friendly(id string) string {
	h := fnv.New64a()
	h.Write([]byte(id))
	x := h.Sum64()
	n := x >> 40
	return adjectives[x%uint64(len(adjectives))] + "-" + nouns[(x>>16)%uint64(len(nouns))] + "-" + three(n)
}

func three(n uint64) string {
	n %= 1000
	return string([]byte{'0' + byte(n/100), '0' + byte(n/10%10), '0' + byte(n%10)})
}
