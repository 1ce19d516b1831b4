package txlog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Snapshot is one version of a table. It is immutable and may be used by many goroutines. Its files
// are read when they are asked for.
type Snapshot struct {
	log     *Log
	version int64
	state   state
	schema  *schema.Struct
	props   Properties
	modTime time.Time    // of the commit file
	seen    atomic.Int64 // when it was last known to be the newest, in nanoseconds by our clock; 0: never
	files   fileCache
}

// init checks that the state is one of a table and that this version can read it.
func (s *Snapshot) init() error {
	invalid := func(reason string) error {
		return &InvalidLogError{URL: s.log.store.URL(), Version: s.version, Reason: reason}
	}
	if s.state.protocol == nil {
		return invalid("the log has no protocol action")
	}
	if s.state.metadata == nil {
		return invalid("the log has no metaData action")
	}
	if s.state.metadata.SchemaString == "" {
		return invalid("its metaData action has no schema")
	}
	s.props = NewProperties(s.state.metadata.Configuration)
	table := feature.Table{Properties: s.state.metadata.Configuration}
	var err error
	if s.schema == nil { // else it was taken over, the metadata being the same
		s.schema, err = schema.Parse(s.state.metadata.SchemaString)
	}
	table.Schema = s.schema
	// A feature that we do not know may be why the schema cannot be read: it is the better reason.
	if e := feature.CheckRead(s.state.protocol, table); e != nil {
		return fmt.Errorf("version %d of %s: %w", s.version, s.log.store.URL(), e)
	}
	if err != nil {
		return fmt.Errorf("version %d of %s: %w", s.version, s.log.store.URL(), err)
	}
	s.seen.Store(s.log.opts.Now().UnixNano())
	return nil
}

// Log is the log that the snapshot is of.
func (s *Snapshot) Log() *Log { return s.log }

// Version is the version of the table.
func (s *Snapshot) Version() int64 { return s.version }

// Protocol is the protocol action in force. It must not be changed.
func (s *Snapshot) Protocol() *action.Protocol { return s.state.protocol }

// Metadata is the metaData action in force. It must not be changed.
func (s *Snapshot) Metadata() *action.Metadata { return s.state.metadata }

// Schema is the table's schema, partition columns included. It must not be changed.
func (s *Snapshot) Schema() *schema.Struct { return s.schema }

// Properties are the table properties.
func (s *Snapshot) Properties() Properties { return s.props }

// CheckWrite says whether this version may write to the table.
// Errors: *feature.UnsupportedFeatureError, *feature.UnsupportedVersionError.
func (s *Snapshot) CheckWrite() error {
	return feature.CheckWrite(s.state.protocol, s.features())
}

// features is what makes table features active.
func (s *Snapshot) features() feature.Table {
	return feature.Table{Schema: s.schema, Properties: s.state.metadata.Configuration}
}

// Txn is the progress of an application, and whether the table has any. Progress that
// delta.setTransactionRetentionDuration has expired is not there.
func (s *Snapshot) Txn(appID string) (version int64, ok bool) {
	t := s.state.txns[appID]
	if t == nil || expired(t, s.props, s.log.opts.Now()) {
		return 0, false
	}
	return t.Version, true
}

// Txns yields all applications and their progress, in no order, but for expired ones.
func (s *Snapshot) Txns() iter.Seq2[string, int64] {
	return func(yield func(string, int64) bool) {
		now := s.log.opts.Now()
		for id, t := range s.state.txns {
			if !expired(t, s.props, now) && !yield(id, t.Version) {
				return
			}
		}
	}
}

// Domain is the configuration of a domain, and whether the table has it.
func (s *Snapshot) Domain(name string) (configuration string, ok bool) {
	d := s.state.domains[name]
	if d == nil || d.Removed {
		return "", false
	}
	return d.Configuration, true
}

// Domains yields all domains and their configurations, in no order.
func (s *Snapshot) Domains() iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for name, d := range s.state.domains {
			if !d.Removed && !yield(name, d.Configuration) {
				return
			}
		}
	}
}

// CommitInfo is the provenance of the last commit, or nil where that has none or is gone.
func (s *Snapshot) CommitInfo() *action.CommitInfo { return s.state.info }

// Timestamp is when the version was committed: the in-commit timestamp where the table has those,
// else the modification time of the commit file.
func (s *Snapshot) Timestamp() time.Time {
	if i := s.state.info; i != nil && i.InCommitTimestamp != nil && s.props.bool(PropInCommitTimestamps, false) {
		return time.UnixMilli(*i.InCommitTimestamp)
	}
	return s.modTime
}

// readCommitTime gets what a checkpoint does not hold of its version: time and provenance. The
// commit may be gone.
func (s *Snapshot) readCommitTime(ctx context.Context) error {
	c, err := s.log.fetch(ctx, s.version)
	if errors.Is(err, objstore.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	s.modTime = c.modTime
	top, err := c.top()
	if err != nil { // the checkpoint has all that matters
		s.log.opts.Logger.Warn("a commit that a checkpoint covers cannot be read", "table", s.log.store.URL(), "error", err)
		return nil
	}
	for _, a := range top {
		if i, ok := a.(*action.CommitInfo); ok {
			s.state.info = i
		}
	}
	return nil
}

// apart is the same version with a list of files of its own: who reads that does not leave it in memory
// with s, and with all that follow s.
func (s *Snapshot) apart() *Snapshot {
	n := &Snapshot{log: s.log, version: s.version, state: s.state, schema: s.schema, props: s.props, modTime: s.modTime}
	n.files.set.Store(s.files.set.Load())
	return n
}

// after is the snapshot one commit later.
func (s *Snapshot) after(c rawCommit) (*Snapshot, error) {
	top, err := c.top()
	if err != nil {
		return nil, err
	}
	n := &Snapshot{log: s.log, version: c.version, state: s.state.next(top), modTime: c.modTime}
	if n.state.metadata == s.state.metadata {
		n.schema = s.schema
	}
	n.files.follow(&s.files, c)
	if err := n.init(); err != nil {
		return nil, err
	}
	return n, nil
}
