package txlog

import (
	"errors"
	"fmt"
	"time"
)

// NotATableError says that there is no Delta log at the place.
type NotATableError struct{ URL string }

// Error tells the place and what to do.
func (e *NotATableError) Error() string {
	return fmt.Sprintf("%s is not a Delta table: there is no version in %s; check the path, or create the table first", e.URL, logDir)
}

// VersionNotFoundError says that the version does not exist, not yet or no longer.
type VersionNotFoundError struct{ Version, Earliest, Latest int64 }

// Error tells which versions there are.
func (e *VersionNotFoundError) Error() string {
	return fmt.Sprintf("version %d cannot be read: the log has versions %d to %d", e.Version, e.Earliest, e.Latest)
}

// TimestampNotFoundError says that nothing that can still be read was committed at or before the time.
type TimestampNotFoundError struct {
	At, Earliest time.Time
	Version      int64 // the earliest that can be read
}

// Error tells the earliest time.
func (e *TimestampNotFoundError) Error() string {
	return fmt.Sprintf("no version was committed at or before %s: the earliest that can be read is version %d of %s",
		e.At.UTC().Format(time.RFC3339Nano), e.Version, e.Earliest.UTC().Format(time.RFC3339Nano))
}

// GapError says that the log lacks commits that a version is made of, so it cannot be read.
type GapError struct {
	URL      string
	Missing  int64 // the first that is missing
	Next     int64 // the next that is there; -1 for none
	LastGood int64 // the version up to which the log is whole; -1 for none
}

// Error tells what is missing.
func (e *GapError) Error() string {
	msg := fmt.Sprintf("the log of %s is damaged: commit version %d is missing", e.URL, e.Missing)
	if e.Next >= 0 {
		msg += fmt.Sprintf(" although version %d is there", e.Next)
	}
	if e.LastGood >= 0 {
		return msg + fmt.Sprintf("; version %d can still be read", e.LastGood)
	}
	return msg + ", and no checkpoint covers it; restore the file"
}

// InvalidLogError says that what the log holds is not a state of a table ("Action Reconciliation").
type InvalidLogError struct {
	URL     string
	Version int64
	Reason  string
}

// Error tells table, version and reason.
func (e *InvalidLogError) Error() string {
	return fmt.Sprintf("version %d of %s is not a Delta table: %s", e.Version, e.URL, e.Reason)
}

// TableExistsError says that a table is already where one was to be created.
type TableExistsError struct{ URL string }

// Error tells the place.
func (e *TableExistsError) Error() string { return "there is already a Delta table at " + e.URL }

// ErrProvablyRejected is what errors.Is finds in the error of a Commit that certainly took no
// effect and never will: the files it would have added are in no commit and may be deleted.
var ErrProvablyRejected = errors.New("the commit was provably rejected")

// ErrTooManyAttempts says that other writers were faster every time. The transaction may be tried again.
var ErrTooManyAttempts = errors.New("other writers committed first every time; fewer writers, or larger and rarer commits, will help")

// CommitError is the error of every Commit that did not succeed or whose outcome is not known
// (then it wraps objstore.ErrOutcomeUnknown). It wraps the cause: *ConflictError and others.
type CommitError struct {
	URL      string
	Version  int64 // that was tried last
	Attempts int
	Rejected bool // see ErrProvablyRejected
	Err      error
}

// Error tells table, version and cause.
func (e *CommitError) Error() string {
	return fmt.Sprintf("commit version %d of %s: %v", e.Version, e.URL, e.Err)
}

// Unwrap is the cause.
func (e *CommitError) Unwrap() error { return e.Err }

// ProvablyRejected says whether the commit certainly took no effect and never will.
func (e *CommitError) ProvablyRejected() bool { return e.Rejected }

// Is finds ErrProvablyRejected.
func (e *CommitError) Is(target error) bool { return target == ErrProvablyRejected && e.Rejected }

// Retryable says whether a new transaction, on a new snapshot, could succeed.
func (e *CommitError) Retryable() bool {
	if errors.Is(e.Err, ErrTooManyAttempts) {
		return true
	}
	var r interface{ Retryable() bool }
	return e.Rejected && errors.As(e.Err, &r) && r.Retryable()
}
