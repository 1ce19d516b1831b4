// Package scalar holds single values of Delta's primitive types: which Go type stands for which,
// and how a value is spelled as text. Partition values and file statistics share the spelling.
//
//	byte, short, integer, long   int64
//	float, double                float64 (a float as the double that equals it)
//	decimal(p,s)                 decimal128.Num, the unscaled number; the scale is the type's
//	string                       string
//	binary                       []byte
//	boolean                      bool
//	date                         arrow.Date32, days since 1970-01-01
//	timestamp, timestamp_ntz     arrow.Timestamp, microseconds since 1970-01-01 00:00:00
//	null of any type             nil
//
// The package knows no files and no log.
package scalar

import (
	"fmt"

	"github.com/ingestd/ingestd/txlog/schema"
)

// ValueError says that a text is not a value of a type, or that a value has no text.
type ValueError struct {
	Type schema.Type
	Text string // what was given
	Err  error  // why; nil where there is no more to say
}

func (e *ValueError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%q is not a %s", e.Text, e.Type)
	}
	return fmt.Sprintf("%q is not a %s: %v", e.Text, e.Type, e.Err)
}

// Unwrap gives the reason.
func (e *ValueError) Unwrap() error { return e.Err }
