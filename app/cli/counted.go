package cli

import "fmt"

// counted is a number with its noun.
func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// counts is a number with its noun and what is said of it.
func counts(n int64, what, one, many string) string {
	return counted(n, what) + " " + either(n, one, many)
}

// either is what is said of one, or of any other number.
func either(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
