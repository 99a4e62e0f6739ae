// Package git reads the state of the repository that a project lies in, and can
// commit the files that Rondo itself wrote. It never touches anything else.
package git
