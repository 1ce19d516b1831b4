package cdf

import (
	"errors"
	"fmt"
	"time"

	"github.com/ingestd/ingestd/txlog"
)

var errNoStart = errors.New("a change data feed is read from a version or a time on: say which")

// RangeError says that a range has no versions.
type RangeError struct{ From, To, Newest int64 }

func (e *RangeError) Error() string {
	if e.From > e.Newest || e.From < 0 {
		return fmt.Sprintf("there is no version %d to begin with: the newest version of the table is %d", e.From, e.Newest)
	}
	return fmt.Sprintf("the range begins with version %d, after its end, version %d", e.From, e.To)
}

// LateError says that nothing was committed at or after a time.
type LateError struct {
	At     time.Time
	Newest int64
}

func (e *LateError) Error() string {
	return fmt.Sprintf("nothing was committed at %s or later: the newest version of the table, %d, is older", e.At.UTC().Format(time.RFC3339Nano), e.Newest)
}

// NotRecordedError says that the change data feed of the table was off at a version of the range.
type NotRecordedError struct {
	Location string
	Version  int64 // the first such
	// From is the version from which on all versions up to the end of the range are recorded; -1 where there is none.
	From int64
}

func (e *NotRecordedError) Error() string {
	return fmt.Sprintf("the changes of version %d of %s were not recorded: %s was off; %s", e.Version, e.Location, txlog.PropChangeDataFeed, e.way())
}

func (e *NotRecordedError) way() string {
	if e.From < 0 {
		return "turn it on, and the feed can be read from that version on: ingestd alter TABLE set-property " + txlog.PropChangeDataFeed + "=true"
	}
	return fmt.Sprintf("the feed can be read from version %d on", e.From)
}

// CleanedUpError says that the log no longer has a version of the range.
type CleanedUpError struct {
	Location          string
	Version, Earliest int64 // the one that was asked for, and the oldest that the log still has
}

func (e *CleanedUpError) Error() string {
	return fmt.Sprintf("version %d of %s is no longer in its log, which keeps %s: the feed can be read from version %d on", e.Version, e.Location, txlog.PropLogRetention, e.Earliest)
}

// VacuumedError says that a file that tells what a version has changed is not there any more.
type VacuumedError struct {
	Location string
	Version  int64
	Path     string
	From     int64 // the version from which on all files of the range are there; -1 where they are of none
	Err      error
}

func (e *VacuumedError) Error() string {
	way := "none of the versions up to the end of the range can be read"
	if e.From >= 0 {
		way = fmt.Sprintf("the feed can be read from version %d on", e.From)
	}
	return fmt.Sprintf("what version %d of %s has changed is gone: VACUUM, or somebody else, has deleted %s; %s", e.Version, e.Location, e.Path, way)
}

// Unwrap is the store's error.
func (e *VacuumedError) Unwrap() error { return e.Err }

// SchemaError says that a column of a version of the range cannot be read as the schema of the feed has it.
type SchemaError struct {
	Location string
	Version  int64 // the first that has the column so
	Column   string
	Change   string // what happened to it since
	SchemaAt int64  // the version whose schema the feed has
}

func (e *SchemaError) Error() string {
	return fmt.Sprintf("the schema of %s changes within the range: column %s of version %d %s in that of version %d, which the rows of the feed have; read the versions before and after that change apart",
		e.Location, e.Column, e.Version, e.Change, e.SchemaAt)
}

// ColumnError says that a column of the table has a name of the feed's own columns.
type ColumnError struct{ Location, Column string }

func (e *ColumnError) Error() string {
	return fmt.Sprintf("column %s of %s has the name of a column of the change data feed: rename it (ingestd alter TABLE rename-column) to read the feed", e.Column, e.Location)
}
