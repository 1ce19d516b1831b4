package fsck

import (
	"fmt"
	"time"
)

// Kind is what is wrong.
type Kind string

// The kinds. All but OrphanedFile and StaleHint mean that the table is broken in some way.
const (
	MissingFile          Kind = "missing-file"          // a live data file is not in the store
	FileSize             Kind = "file-size"             // its size is not the log's
	UnreadableFile       Kind = "unreadable-file"       // its Parquet footer or rows cannot be read (deep)
	DuplicateFile        Kind = "duplicate-file"        // two live entries are of one data file
	BadPath              Kind = "bad-path"              // a path that names no file
	OrphanedFile         Kind = "orphaned-file"         // a file in the folder that the log does not name
	MissingVector        Kind = "missing-vector"        // the file of a deletion vector is not in the store
	BrokenVector         Kind = "broken-vector"         // its bytes are not what the log says
	BrokenCommit         Kind = "broken-commit"         // a commit cannot be read (deep)
	LogGap               Kind = "log-gap"               // a commit is missing between others
	IncompleteCheckpoint Kind = "incomplete-checkpoint" // parts or sidecars are missing
	BrokenCheckpoint     Kind = "broken-checkpoint"     // it cannot be read
	BrokenHint           Kind = "broken-hint"           // _last_checkpoint cannot be used
	BrokenChecksum       Kind = "broken-checksum"       // a version checksum file contradicts the log
	BadStatistics        Kind = "bad-statistics"        // they cannot be read, or are no values of their columns
	WrongStatistics      Kind = "wrong-statistics"      // they contradict themselves or (deep) the rows
	PartitionValue       Kind = "partition-value"       // it is no value of its column, or is missing
	RowIDs               Kind = "row-ids"               // missing, or beyond the highest that was given
	Identity             Kind = "identity"              // values beyond the high-water mark of an identity column
)

// Finding is one thing that is wrong.
type Finding struct {
	Kind Kind          `json:"kind"`
	Path string        `json:"path"` // of the file, relative to the table where it is below it
	What string        `json:"what"`
	Do   string        `json:"do"`
	Size int64         `json:"size,omitempty"` // bytes, of an orphaned file
	Age  time.Duration `json:"age,omitempty"`  // of an orphaned file
	// Mends says that Repair takes it away.
	Mends bool `json:"mends"`

	files []string // of the log that Repair deletes, where they are others than Path: the parts of a checkpoint
}

// Broken says whether the finding is damage. An orphaned file only costs its room.
func (f Finding) Broken() bool { return f.Kind != OrphanedFile }

// String is one line: kind, path, what, what to do.
func (f Finding) String() string { return fmt.Sprintf("%s %s: %s; %s", f.Kind, f.Path, f.What, f.Do) }
