package arbiter

import (
	"fmt"

	"github.com/ingestd/ingestd/objstore"
)

// LeftoverError says that DynamoDB has an entry of a commit that is complete, but the commit is not in the store: the Delta table
// was deleted and is being made anew, or a commit was lost. Nothing was written.
type LeftoverError struct {
	Table     string // of DynamoDB
	TablePath string // the key of the entries
	FileName  string
}

// Error says what to do.
func (e *LeftoverError) Error() string {
	return fmt.Sprintf("the DynamoDB table %s says that %s of %s was committed, but the file is not there: if this Delta table was deleted and is to be made anew, delete the entries with that tablePath first",
		e.Table, e.FileName, e.TablePath)
}

// Unwrap makes it a definite failure to the log.
func (e *LeftoverError) Unwrap() error { return objstore.ErrNotSupported }

// PreviousError says that a commit cannot be made because the one before it is not there. Nothing was written.
type PreviousError struct{ Key, Previous string }

// Error says which.
func (e *PreviousError) Error() string {
	return fmt.Sprintf("%s cannot be committed: the commit before it, %s, is neither in the store nor in DynamoDB; is the DynamoDB table that of the other writers?", e.Key, e.Previous)
}

// Unwrap makes it a definite failure to the log.
func (e *PreviousError) Unwrap() error { return objstore.ErrNotSupported }

// EntryError says that an entry in DynamoDB is not one of a commit.
type EntryError struct{ Table, TablePath, FileName, Reason string }

// Error tells which and why.
func (e *EntryError) Error() string {
	return fmt.Sprintf("entry %s of %s in the DynamoDB table %s: %s", e.FileName, e.TablePath, e.Table, e.Reason)
}
