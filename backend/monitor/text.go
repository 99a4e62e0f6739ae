package monitor

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The numbers that stand for a text column; each is compared like any other number.
var textParts = []string{"length", "words", unknownWords, "distinct words"}

const unknownWords = "unknown words"

// vocabulary counts, per word, the training texts that have it.
type vocabulary map[string]int

func (v vocabulary) learn(text string) {
	seen := map[string]bool{}
	for _, w := range words(text) {
		if !seen[w] {
			seen[w] = true
			v[w]++
		}
	}
}

// measure turns a text into its numbers: length in characters, words, the share of
// words outside the vocabulary, and distinct words per word. A training text is
// measured against the others (own = 1): a word that only it has is unknown.
func (v vocabulary) measure(text string, own int) [4]float64 {
	list := words(text)
	out := [4]float64{float64(utf8.RuneCountInString(text)), float64(len(list)), 0, 1}
	if len(list) == 0 {
		return out
	}
	unknown, distinct := 0, map[string]bool{}
	for _, w := range list {
		distinct[w] = true
		if v[w] <= own {
			unknown++
		}
	}
	out[2] = float64(unknown) / float64(len(list))
	out[3] = float64(len(distinct)) / float64(len(list))
	return out
}

// strangers returns the commonest words of the texts that the vocabulary has not.
func (v vocabulary) strangers(texts []string, limit int) []string {
	counts := map[string]int{}
	for _, t := range texts {
		for _, w := range words(t) {
			if v[w] == 0 {
				counts[w]++
			}
		}
	}
	return commonest(counts, limit)
}

func words(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
	})
}

// commonest returns the keys with the largest counts, ties by name.
func commonest(counts map[string]int, limit int) []string {
	keys := make([]string, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	return keys[:min(limit, len(keys))]
}

// isText tells prose from categories: several words or long values that hardly repeat.
func isText(values []string) bool {
	if len(values) == 0 {
		return false
	}
	distinct, wordCount, length := map[string]bool{}, 0, 0
	for _, v := range values {
		distinct[v] = true
		wordCount += len(words(v))
		length += utf8.RuneCountInString(v)
	}
	n := len(values)
	return len(distinct)*2 > n && n >= 10 && (wordCount >= 3*n || length >= 30*n)
}
