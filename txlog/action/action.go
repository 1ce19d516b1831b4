// Package action holds the actions of the Delta transaction log and their JSON form: one action
// per line of a commit file ("Actions" in the Delta protocol).
//
// Decoding keeps what it does not know: unknown fields of a known action (Extra) and whole
// unknown actions (Unknown) survive a round trip byte for byte in value.
package action

import "encoding/json"

// Action is one line of a commit: exactly one of *Metadata, *Protocol, *Add, *Remove, *Txn,
// *CommitInfo, *CDC, *DomainMetadata, *CheckpointMetadata, *Sidecar or *Unknown.
type Action interface {
	// Kind is the key of the line's object: "add", "metaData", ...
	Kind() string
}

// Extra holds the fields of an action's object that this version has no name for.
type Extra map[string]json.RawMessage

// Metadata ("metaData") is the table's schema and properties; the newest one holds.
type Metadata struct {
	ID               string            // a GUID, never changes
	Name             *string           // user-provided
	Description      *string           // user-provided
	Format           Format            // always parquet
	SchemaString     string            // the schema as JSON, see package schema; empty where the log has none
	PartitionColumns []string          // in order; logical names
	Configuration    map[string]string // table properties, "delta.*" and the user's own
	CreatedTime      *int64            // milliseconds since the epoch
	Extra            Extra
}

// Format says how data files are encoded.
type Format struct {
	Provider string            // "parquet"
	Options  map[string]string // usually empty
}

// Protocol ("protocol") says what a client must support to read or write the table.
type Protocol struct {
	MinReaderVersion int
	MinWriterVersion int
	ReaderFeatures   []string // nil unless MinReaderVersion is 3
	WriterFeatures   []string // nil unless MinWriterVersion is 7
	Extra            Extra
}

// Add ("add") makes a data file part of the table.
type Add struct {
	Path                    string             // URI-encoded; relative to the table root, or absolute
	PartitionValues         map[string]*string // serialised, nil is null; physical column names
	Size                    int64              // bytes
	ModificationTime        int64              // milliseconds since the epoch
	DataChange              bool
	Stats                   *string // JSON, see "Per-file Statistics"
	Tags                    map[string]*string
	DeletionVector          *DeletionVector
	BaseRowID               *int64
	DefaultRowCommitVersion *int64
	ClusteringProvider      *string
	Extra                   Extra
}

// Remove ("remove") takes a data file out of the table; it stays as a tombstone until VACUUM may delete it.
type Remove struct {
	Path                    string
	DeletionTimestamp       *int64 // milliseconds since the epoch
	DataChange              bool
	ExtendedFileMetadata    *bool
	PartitionValues         map[string]*string
	Size                    *int64
	Stats                   *string
	Tags                    map[string]*string
	DeletionVector          *DeletionVector
	BaseRowID               *int64
	DefaultRowCommitVersion *int64
	Extra                   Extra
}

// DeletionVector describes the rows of a data file that are deleted ("Deletion Vector Descriptor Schema").
type DeletionVector struct {
	StorageType    string // "u", "i" or "p"
	PathOrInlineDv string
	Offset         *int32
	SizeInBytes    int32
	Cardinality    int64
	Extra          Extra
}

// Txn ("txn") is the progress of an application; the newest per AppID holds.
type Txn struct {
	AppID       string
	Version     int64
	LastUpdated *int64 // milliseconds since the epoch
	Extra       Extra
}

// CDC ("cdc") is a file of row changes made by the commit.
type CDC struct {
	Path            string
	PartitionValues map[string]*string
	Size            int64
	DataChange      bool // always false
	Tags            map[string]*string
	Extra           Extra
}

// DomainMetadata ("domainMetadata") is the configuration of a named domain; the newest per domain holds.
type DomainMetadata struct {
	Domain        string
	Configuration string
	Removed       bool
	Extra         Extra
}

// CommitInfo ("commitInfo") is provenance: free-form by the protocol. The named fields are those
// that Spark writes and that history shows.
type CommitInfo struct {
	Timestamp           *int64 // milliseconds since the epoch
	InCommitTimestamp   *int64
	Operation           string
	OperationParameters map[string]json.RawMessage
	OperationMetrics    map[string]string
	ReadVersion         *int64
	IsolationLevel      string
	IsBlindAppend       *bool
	EngineInfo          string
	TxnID               string // ours is unique per attempt to commit, and tells whether a commit is our own
	Extra               Extra
}

// CheckpointMetadata ("checkpointMetadata") is only found in V2 checkpoints.
type CheckpointMetadata struct {
	Version int64
	Tags    map[string]*string
	Extra   Extra
}

// Sidecar ("sidecar") names a file with add and remove actions of a V2 checkpoint.
type Sidecar struct {
	Path             string
	SizeInBytes      int64
	ModificationTime int64
	Tags             map[string]*string
	Extra            Extra
}

// Unknown is an action that this version has no type for.
type Unknown struct {
	Key   string
	Value json.RawMessage
}

// Kind is "metaData".
func (*Metadata) Kind() string { return "metaData" }

// Kind is "protocol".
func (*Protocol) Kind() string { return "protocol" }

// Kind is "add".
func (*Add) Kind() string { return "add" }

// Kind is "remove".
func (*Remove) Kind() string { return "remove" }

// Kind is "txn".
func (*Txn) Kind() string { return "txn" }

// Kind is "cdc".
func (*CDC) Kind() string { return "cdc" }

// Kind is "domainMetadata".
func (*DomainMetadata) Kind() string { return "domainMetadata" }

// Kind is "commitInfo".
func (*CommitInfo) Kind() string { return "commitInfo" }

// Kind is "checkpointMetadata".
func (*CheckpointMetadata) Kind() string { return "checkpointMetadata" }

// Kind is "sidecar".
func (*Sidecar) Kind() string { return "sidecar" }

// Kind is the key that the line had.
func (u *Unknown) Kind() string { return u.Key }
