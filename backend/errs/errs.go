// Package errs holds the one error type of Rondo and its kinds.
//
// Every layer returns *Error (or wraps one with %w); every door maps the Kind
// to its protocol's codes in one table. Protocol codes never appear here.
package errs

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of failure happened, for machines.
type Kind uint8

// The kinds. The zero Kind is Internal: an error nobody classified is ours.
const (
	Internal     Kind = iota // a fault of the program; details go to the log only
	Invalid                  // the input cannot be right, whatever the state is
	NotFound                 // the named thing does not exist
	Conflict                 // it exists already, or someone else changed it first
	Precondition             // right input, wrong moment: the state does not allow it
	Unavailable              // try again later: busy, full, starting, gone
	Corrupt                  // bytes on disk are not what was written
	Denied                   // not authenticated, not trusted or not allowed
	TooLarge                 // over a documented limit
)

var kindNames = [...]string{"internal", "invalid", "not_found", "conflict", "precondition", "unavailable", "corrupt", "denied", "too_large"}

// String returns the kind's name on the wire, such as "not_found".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "internal"
}

// ParseKind returns the kind of a name on the wire; an unknown one is Internal.
func ParseKind(name string) Kind {
	for k, n := range kindNames {
		if n == name {
			return Kind(k)
		}
	}
	return Internal
}

// Error is a failure with a message for the person and a hint for the next step.
type Error struct {
	Kind Kind
	Msg  string // what happened, naming the thing and the reason
	Hint string // the way out, or empty
	Err  error  // the cause, or nil
}

// Error returns the message, with its cause where there is one.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Msg)
	if e.Err != nil && e.Err.Error() != "" {
		if b.Len() > 0 {
			b.WriteString(": ")
		}
		b.WriteString(said(b.String(), e.Err))
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// WithHint sets the way out and returns the error itself.
func (e *Error) WithHint(format string, args ...any) *Error {
	e.Hint = fmt.Sprintf(format, args...)
	return e
}

// New returns an error of the kind with a formatted message; a %w verb sets its cause.
func New(kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Msg: said("", err), Err: silent(errors.Unwrap(err))}
}

// From sets the cause, of which the message says enough, and returns the error itself.
func (e *Error) From(cause error) *Error {
	e.Err = silent(cause)
	return e
}

// quiet carries a cause for errors.Is and errors.As whose text is already in Msg.
type quiet struct{ error }

func (q quiet) Error() string { return "" }
func (q quiet) Unwrap() error { return q.error }

func silent(err error) error {
	if err == nil {
		return nil
	}
	return quiet{err}
}

// Wrap gives err a kind and a message in front. A nil err gives nil.
func Wrap(kind Kind, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &Error{Kind: kind, Msg: fmt.Sprintf(format, args...), Err: err}
}

// Unwritten says that name, a file or a folder, cannot be written because of err. Where what should
// be written could not be read, it says that instead. A nil err gives nil.
func Unwritten(name string, err error) error {
	if err == nil {
		return nil
	}
	if Is(err, Corrupt) || Is(err, NotFound) {
		return New(Corrupt, "%s: %w", name, err).WithHint("%s", HintOf(err))
	}
	return New(Unavailable, "%s cannot be written: %w", name, named(name, err)).WithHint("see whether the disk is full and whether you may write there")
}

// KindOf returns the kind of the outermost classified error in err's chain.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// HintOf returns the first non-empty hint in err's chain.
func HintOf(err error) string {
	for err != nil {
		var e *Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Hint != "" {
			return e.Hint
		}
		err = e.Err
	}
	return ""
}
