package txlog

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ingestd/ingestd/txlog/schema"
)

// Properties are the table properties in the configuration of the metadata. Where one is not set,
// or has a value that cannot be read, its accessor gives the default of Spark; [Properties.Check]
// finds those.
type Properties struct{ m map[string]string }

// NewProperties is m as properties; m must not change.
func NewProperties(m map[string]string) Properties { return Properties{m} }

// Names of the properties that the log and its writers heed.
const (
	PropAppendOnly             = "delta.appendOnly"
	PropCheckpointInterval     = "delta.checkpointInterval"
	PropDeletedFileRetention   = "delta.deletedFileRetentionDuration"
	PropLogRetention           = "delta.logRetentionDuration"
	PropSetTransactionRetain   = "delta.setTransactionRetentionDuration"
	PropStatsAsJSON            = "delta.checkpoint.writeStatsAsJson"
	PropStatsAsStruct          = "delta.checkpoint.writeStatsAsStruct"
	PropIsolationLevel         = "delta.isolationLevel"
	PropSkippingColumns        = "delta.dataSkippingNumIndexedCols"
	PropSkippingStatsColumns   = "delta.dataSkippingStatsColumns"
	PropCompression            = "delta.parquet.compression.codec"
	PropTargetFileSize         = "delta.targetFileSize"
	PropInCommitTimestamps     = "delta.enableInCommitTimestamps"
	PropInCommitEnabledVersion = "delta.inCommitTimestampEnablementVersion"
	PropInCommitEnabledTime    = "delta.inCommitTimestampEnablementTimestamp"
	PropMappingMode            = "delta.columnMapping.mode"
	PropMappingMaxID           = "delta.columnMapping.maxColumnId"
	PropDeletionVectors        = "delta.enableDeletionVectors"
	PropChangeDataFeed         = "delta.enableChangeDataFeed"
	PropRowTracking            = "delta.enableRowTracking"
	PropRowTrackingSuspended   = "delta.rowTrackingSuspended"
	PropRowIDColumn            = "delta.rowTracking.materializedRowIdColumnName"
	PropRowVersionColumn       = "delta.rowTracking.materializedRowCommitVersionColumnName"
	PropSequenceColumn         = "ingestd.sequenceColumn"
	PropSource                 = "ingestd.source" // the table of a database that the changes applied to this one are of
	PropIcebergCompatV1        = "delta.enableIcebergCompatV1"
	PropIcebergCompatV2        = "delta.enableIcebergCompatV2"
	PropTypeWidening           = "delta.enableTypeWidening"
	PropCheckpointPolicy       = "delta.checkpointPolicy"
	PropCheckpointProtection   = "delta.requireCheckpointProtectionBeforeVersion"
)

// Get is the raw value, and whether it is set.
func (p Properties) Get(name string) (string, bool) {
	v, ok := p.m[name]
	return v, ok
}

// All is a copy of all properties, the user's own included.
func (p Properties) All() map[string]string { return maps.Clone(p.m) }

// AppendOnly says whether rows are never removed.
func (p Properties) AppendOnly() bool { return p.bool(PropAppendOnly, false) }

// CheckpointInterval is the number of commits between checkpoints; default 10.
func (p Properties) CheckpointInterval() int64 {
	if n := p.int(PropCheckpointInterval, 10); n > 0 {
		return n
	}
	return 10
}

// DeletedFileRetention is how long removed files and their tombstones stay; default one week. Where it is set to what
// cannot be read they stay for ever, as far as a Duration goes.
func (p Properties) DeletedFileRetention() time.Duration {
	return p.retention(PropDeletedFileRetention, 7*24*time.Hour)
}

// LogRetention is how long commits stay behind a checkpoint; default 30 days. Where it is set to what cannot be read
// they stay for ever, as far as a Duration goes.
func (p Properties) LogRetention() time.Duration {
	return p.retention(PropLogRetention, 30*24*time.Hour)
}

// retention is a duration for which something is kept: what cannot be read must not delete what someone wanted kept.
func (p Properties) retention(name string, def time.Duration) time.Duration {
	if _, set := p.m[name]; set {
		def = longest
	}
	return p.duration(name, def)
}

// SetTransactionRetention is how long the progress of an application (txn) stays after it was last
// updated, and whether it is limited at all. Who keeps offsets in txns must refuse a table that limits it.
func (p Properties) SetTransactionRetention() (time.Duration, bool) {
	const unset = time.Duration(-1)
	d := p.duration(PropSetTransactionRetain, unset)
	return d, d != unset
}

// StatsAsJSON says whether checkpoints hold statistics as JSON; default true.
func (p Properties) StatsAsJSON() bool { return p.bool(PropStatsAsJSON, true) }

// StatsAsStruct says whether checkpoints hold statistics as columns; default false, as the protocol has it.
func (p Properties) StatsAsStruct() bool { return p.bool(PropStatsAsStruct, false) }

// IndexedColumns is how many leaf columns, from the first, get statistics; -1 is all; default 32.
func (p Properties) IndexedColumns() int { return int(p.int(PropSkippingColumns, 32)) }

// StatsColumns is the list of columns that get statistics instead of the first ones, as it is
// written (names with commas between), and whether it is set.
func (p Properties) StatsColumns() (string, bool) { return p.Get(PropSkippingStatsColumns) }

// Compression is the Parquet codec of new files, in lower case; default "zstd", as the protocol has it.
func (p Properties) Compression() string {
	if v, ok := p.m[PropCompression]; ok {
		return strings.ToLower(strings.TrimSpace(v))
	}
	return "zstd"
}

// TargetFileSize is the size that files should have, in bytes, and whether it is set.
func (p Properties) TargetFileSize() (int64, bool) {
	v, ok := p.m[PropTargetFileSize]
	if !ok {
		return 0, false
	}
	n, err := parseBytes(v)
	return n, err == nil && n > 0
}

// Mapping is the column mapping mode (delta.columnMapping.mode), whether the protocol supports it or not;
// see [Snapshot.Mapping].
func (p Properties) Mapping() schema.Mapping { return schema.ParseMapping(p.m[PropMappingMode]) }

// MaxColumnID is the highest id that column mapping has given to a field so far; 0 for none.
func (p Properties) MaxColumnID() int64 { return p.int(PropMappingMaxID, 0) }

// DeletionVectors says whether the property allows new deletion vectors; see [Snapshot.DeletionVectorsEnabled].
func (p Properties) DeletionVectors() bool { return p.bool(PropDeletionVectors, false) }

// ChangeDataFeed says whether the property asks for change data files; see [Snapshot.ChangeDataFeed].
func (p Properties) ChangeDataFeed() bool { return p.bool(PropChangeDataFeed, false) }

// RowTracking says whether the property promises row ids; see [Snapshot.RowTrackingEnabled].
func (p Properties) RowTracking() bool { return p.bool(PropRowTracking, false) }

// MaterializedRowIDs are the names of the hidden columns of data files that hold row ids and row commit
// versions of rows that were moved; empty where the table has none.
func (p Properties) MaterializedRowIDs() (ids, versions string) {
	return p.m[PropRowIDColumn], p.m[PropRowVersionColumn]
}

// SequenceColumn is the name of the hidden column of data files that holds, for each row, the sequence of the change that the row
// comes from, on a table that a stream of changes is applied to; empty where there is none. It is no part of the
// protocol: readers pay no attention to columns that are not in the schema.
func (p Properties) SequenceColumn() string { return p.m[PropSequenceColumn] }

// NewSequenceColumn is a name for PropSequenceColumn, unique by newID (a UUID).
func NewSequenceColumn(newID func() string) string { return "_ingestd-sequence-" + newID() }

// IcebergCompat is the version of Iceberg compatibility that is on, 1 or 2; 0 for none.
func (p Properties) IcebergCompat() int {
	switch {
	case p.bool(PropIcebergCompatV2, false):
		return 2
	case p.bool(PropIcebergCompatV1, false):
		return 1
	}
	return 0
}

// TypeWidening says whether writers may widen the types of columns.
func (p Properties) TypeWidening() bool { return p.bool(PropTypeWidening, false) }

// Isolation is the isolation level of writers; default WriteSerializable.
func (p Properties) Isolation() IsolationLevel {
	if l, err := ParseIsolationLevel(p.m[PropIsolationLevel]); err == nil {
		return l
	}
	return WriteSerializable
}

func (p Properties) bool(name string, def bool) bool {
	if v, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(p.m[name]))); err == nil {
		return v
	}
	return def
}

func (p Properties) int(name string, def int64) int64 {
	if v, err := strconv.ParseInt(strings.TrimSpace(p.m[name]), 10, 64); err == nil {
		return v
	}
	return def
}

func (p Properties) duration(name string, def time.Duration) time.Duration {
	if v, err := ParseInterval(p.m[name]); err == nil {
		return v
	}
	return def
}

// PropertyError is a property with a value that it cannot have.
type PropertyError struct{ Name, Value, Reason string }

// Error tells name, value and what it should be.
func (e *PropertyError) Error() string {
	return fmt.Sprintf("table property %s = %q: %s", e.Name, e.Value, e.Reason)
}

// Check finds properties whose values cannot be read, and names that differ from one that is heeded only in case. Errors: *PropertyError, joined.
func (p Properties) Check() error {
	isBool := func(v string) error {
		_, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(v)))
		return reason(err, "must be true or false")
	}
	isInterval := func(v string) error {
		_, err := ParseInterval(v)
		return err
	}
	checks := map[string]func(string) error{
		PropAppendOnly: isBool, PropStatsAsJSON: isBool, PropStatsAsStruct: isBool, PropInCommitTimestamps: isBool,
		PropDeletedFileRetention: isInterval, PropLogRetention: isInterval, PropSetTransactionRetain: isInterval,
		PropCheckpointInterval: func(v string) error {
			n, err := strconv.Atoi(strings.TrimSpace(v))
			if err == nil && n < 1 {
				err = strconv.ErrRange
			}
			return reason(err, "must be a number of commits, at least 1")
		},
		PropSkippingColumns: func(v string) error {
			n, err := strconv.Atoi(strings.TrimSpace(v))
			if err == nil && n < -1 {
				err = strconv.ErrRange
			}
			return reason(err, "must be a number of columns, or -1 for all")
		},
		PropIsolationLevel: func(v string) error {
			_, err := ParseIsolationLevel(v)
			return err
		},
		PropTargetFileSize: func(v string) error {
			n, err := parseBytes(v)
			if err == nil && n < 1 {
				err = strconv.ErrRange
			}
			return reason(err, `must be a size such as 134217728 or "128mb"`)
		},
	}
	errs := p.misspelled()
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		if v, ok := p.m[name]; ok {
			if err := checks[name](v); err != nil {
				errs = append(errs, &PropertyError{name, v, err.Error()})
			}
		}
	}
	return errors.Join(errs...)
}

// heeded are the properties that the log and its writers heed. Their names are told apart by case.
var heeded = []string{
	PropAppendOnly, PropCheckpointInterval, PropDeletedFileRetention, PropLogRetention, PropSetTransactionRetain, PropStatsAsJSON,
	PropStatsAsStruct, PropIsolationLevel, PropSkippingColumns, PropSkippingStatsColumns, PropCompression, PropTargetFileSize, PropInCommitTimestamps,
	PropSequenceColumn, PropSource,
}

// misspelled finds properties that no engine would heed for the case of their names.
func (p Properties) misspelled() (errs []error) {
	for _, name := range slices.Sorted(maps.Keys(p.m)) {
		for _, known := range heeded {
			if name != known && strings.EqualFold(name, known) {
				errs = append(errs, &PropertyError{name, p.m[name], "must be spelled " + known})
			}
		}
	}
	return errs
}

func reason(err error, text string) error {
	if err == nil {
		return nil
	}
	return errors.New(text)
}
