package arrowmap

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
)

// UnsupportedTypeError says that a type has no counterpart on the other side.
type UnsupportedTypeError struct {
	Column string // dotted path, empty for a bare type
	Type   string // as its own side spells it
	Reason string // why, and what to do
}

func (e *UnsupportedTypeError) Error() string {
	if e.Column == "" {
		return fmt.Sprintf("type %s: %s", e.Type, e.Reason)
	}
	return fmt.Sprintf("column %s: type %s: %s", e.Column, e.Type, e.Reason)
}

// CastError says that values of one Arrow type cannot become another.
type CastError struct {
	Column   string // dotted path, empty for a bare array
	From, To arrow.DataType
	Err      error // what stood in the way; nil where the types have no conversion at all
}

func (e *CastError) Error() string {
	where := ""
	if e.Column != "" {
		where = "column " + e.Column + ": "
	}
	if e.Err == nil {
		return fmt.Sprintf("%s%s cannot be stored as %s; cast it first", where, e.From, e.To)
	}
	return fmt.Sprintf("%s%s as %s: %v", where, e.From, e.To, e.Err)
}

// Unwrap gives the reason.
func (e *CastError) Unwrap() error { return e.Err }
