package checkpoint

import (
	"fmt"
	"strings"
)

// TakenError says that another process has begun the batch: it runs the same query.
type TakenError struct {
	Location string
	Batch    int64
	Run      string // of the other process; may be empty
}

func (e *TakenError) Error() string {
	return fmt.Sprintf("batch %d was begun by another process (run %s) in checkpoint %s: only one process at a time can run a query with a checkpoint", e.Batch, e.Run, e.Location)
}

// CorruptError says that a file of the checkpoint cannot be read.
type CorruptError struct {
	Location, Key string
	Reason        error
	Remedy        string // what to do
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("checkpoint file %s/%s is corrupt: %v; %s", strings.TrimSuffix(e.Location, "/"), e.Key, e.Reason, e.Remedy)
}

func (e *CorruptError) Unwrap() error { return e.Reason }
