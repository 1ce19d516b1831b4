package spark

import (
	"fmt"

	"github.com/ingestd/ingestd/internal/suggest"
	"github.com/ingestd/ingestd/table/expression"
)

// Mark begins the message with which a translated expression ends a query at a row for which it has no value.
const Mark = "ingestd: "

// SyntaxError is an expression that Spark would not take either: wrong syntax, an unknown column, types that do not
// go together.
type SyntaxError struct {
	Offset  int // into the text, in bytes
	Message string
}

// Error tells what is wrong. The text that Offset points into is its caller's.
func (e *SyntaxError) Error() string { return e.Message }

// Retryable says no.
func (e *SyntaxError) Retryable() bool { return false }

// wrong keeps the first error and ends the text, so that all that is under way comes to its end.
func (t *translator) wrong(at int, format string, args ...any) term {
	if t.err == nil {
		t.err = &SyntaxError{Offset: at, Message: fmt.Sprintf(format, args...)}
	}
	return term{typ: void, at: at}
}

// refuse is wrong for what Spark would take.
func (t *translator) refuse(format string, args ...any) term {
	if t.err == nil {
		t.err = &expression.UnsupportedError{Text: t.text, Reason: fmt.Sprintf(format, args...)}
	}
	return term{typ: void}
}

// maxName is how long a name may be for the like of it to be looked for.
const maxName = 100

// hint names those of known that name may have been meant for.
func hint(name string, known []string) string {
	if len(name) > maxName {
		return ""
	}
	return suggest.DidYouMean(name, known)
}
