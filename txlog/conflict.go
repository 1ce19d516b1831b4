package txlog

import (
	"fmt"

	"github.com/ingestd/ingestd/txlog/action"
)

// ConflictKind says why two transactions cannot both be.
type ConflictKind string

// The kinds of conflicts, with the names of Spark's exceptions.
const (
	ConcurrentAppend       ConflictKind = "ConcurrentAppend"       // the winner added a file that this one would have read
	ConcurrentDeleteRead   ConflictKind = "ConcurrentDeleteRead"   // the winner removed a file that this one read
	ConcurrentDeleteDelete ConflictKind = "ConcurrentDeleteDelete" // both remove the same file
	MetadataChanged        ConflictKind = "MetadataChanged"        // the winner changed schema, partitioning or properties
	ProtocolChanged        ConflictKind = "ProtocolChanged"        // the winner changed the protocol
	ConcurrentTransaction  ConflictKind = "ConcurrentTransaction"  // both record progress of the same application
	ConcurrentDomain       ConflictKind = "ConcurrentDomain"       // both set the same domain
)

// ConflictError says that a commit that another was faster than cannot be ordered after it.
type ConflictError struct {
	Kind    ConflictKind
	Version int64  // of the winner
	Path    string // of the file, where there is one
	Detail  string
}

// Error names the winner and the reason.
func (e *ConflictError) Error() string {
	msg := fmt.Sprintf("%s: conflicts with version %d: %s", e.Kind, e.Version, e.Detail)
	if e.Path != "" {
		msg += " " + e.Path
	}
	return msg
}

// Retryable is true but for ConcurrentTransaction: the same work on a new snapshot could succeed,
// whereas what an application has already recorded must not be done again.
func (e *ConflictError) Retryable() bool { return e.Kind != ConcurrentTransaction }

// ReadSet is what a transaction depends on and touches, as far as conflicts go.
type ReadSet struct {
	Isolation  IsolationLevel
	Whole      bool                     // all rows were read
	Files      []string                 // paths of files that were read
	Partitions []func(*action.Add) bool // whether a file would have been read; true where in doubt
	Removes    []string                 // paths of files that it removes
	AppIDs     []string                 // of txns that it writes or depends on
	Domains    []string                 // that it writes
	Metadata   bool                     // it changes metadata or protocol
}

// readsFiles says whether file actions of others matter at all.
func (r ReadSet) readsFiles() bool {
	return r.Whole || len(r.Files)+len(r.Partitions)+len(r.Removes) > 0
}

// CheckConflict says whether a transaction can be ordered after commits that were made since its
// snapshot, given in ascending order ("Conflict rules", after Spark's ConflictChecker):
//   - a change of protocol or metadata, a txn of the same application, or the same domain always conflict;
//   - so do removals of a file that it read or removes, and any removal of rows if it read the whole table;
//   - added files conflict if it would have read them: at Serializable always, at WriteSerializable
//     unless the winner was a blind append (and this one keeps the metadata), at SnapshotIsolation never.
//
// What the winner only rearranges (dataChange false) is no new row and no lost one, so it conflicts
// only by the very files that were read or removed. It is a pure function. Errors: *ConflictError.
func CheckConflict(mine ReadSet, theirs []Commit) error {
	if len(theirs) == 0 {
		return nil
	}
	c := newChecker(mine)
	for _, t := range theirs {
		if err := c.check(t); err != nil {
			return err
		}
	}
	return nil
}

type checker struct {
	mine                    ReadSet
	read, removed           map[string]bool // canonical paths
	apps, domains           map[string]bool
	seesAppends, seesBlinds bool
}

func newChecker(mine ReadSet) *checker {
	return &checker{
		mine: mine, read: paths(mine.Files), removed: paths(mine.Removes), apps: set(mine.AppIDs), domains: set(mine.Domains),
		seesAppends: mine.Isolation != SnapshotIsolation,
		seesBlinds:  mine.Isolation == Serializable || mine.Isolation == WriteSerializable && mine.Metadata,
	}
}

func set(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[n] = true
	}
	return m
}

func paths(names []string) map[string]bool {
	m := make(map[string]bool, len(names))
	for _, n := range names {
		m[string(canonicalPath([]byte(n)))] = true
	}
	return m
}

// check compares with one winner. What concerns the whole table is told before files.
func (c *checker) check(t Commit) error {
	blind := false
	for _, a := range t.Actions {
		switch a := a.(type) {
		case *action.Protocol:
			return &ConflictError{Kind: ProtocolChanged, Version: t.Version, Detail: "the protocol of the table was changed"}
		case *action.Metadata:
			return &ConflictError{Kind: MetadataChanged, Version: t.Version, Detail: "the metadata of the table was changed"}
		case *action.Txn:
			if c.apps[a.AppID] {
				return &ConflictError{Kind: ConcurrentTransaction, Version: t.Version,
					Detail: fmt.Sprintf("it records version %d of the application %q, whose progress this commit depends on", a.Version, a.AppID)}
			}
		case *action.DomainMetadata:
			if c.domains[a.Domain] {
				return &ConflictError{Kind: ConcurrentDomain, Version: t.Version, Detail: fmt.Sprintf("it sets the domain %q", a.Domain)}
			}
		case *action.CommitInfo:
			blind = a.IsBlindAppend != nil && *a.IsBlindAppend
		}
	}
	return c.checkFiles(t, blind)
}

func (c *checker) checkFiles(t Commit, blind bool) error {
	for _, a := range t.Actions {
		var err *ConflictError
		switch a := a.(type) {
		case *action.Add:
			err = c.checkAdd(a, blind)
		case *action.Remove:
			err = c.checkRemove(a)
		}
		if err != nil {
			err.Version = t.Version
			return err
		}
	}
	return nil
}

func (c *checker) checkAdd(a *action.Add, blind bool) *ConflictError {
	if !a.DataChange || !c.seesAppends || blind && !c.seesBlinds {
		return nil
	}
	if c.wouldRead(a) {
		return &ConflictError{Kind: ConcurrentAppend, Path: a.Path, Detail: "it added a file with rows that this commit would have read:"}
	}
	return nil
}

func (c *checker) wouldRead(a *action.Add) bool {
	if c.mine.Whole {
		return true
	}
	for _, is := range c.mine.Partitions {
		if is(a) {
			return true
		}
	}
	return false
}

func (c *checker) checkRemove(r *action.Remove) *ConflictError {
	path := canonicalPath([]byte(r.Path))
	switch {
	case c.removed[string(path)]:
		return &ConflictError{Kind: ConcurrentDeleteDelete, Path: r.Path, Detail: "it removed a file that this commit removes too:"}
	case c.read[string(path)], r.DataChange && c.mayHaveRead(r):
		return &ConflictError{Kind: ConcurrentDeleteRead, Path: r.Path, Detail: "it removed a file that this commit has read:"}
	}
	return nil
}

// mayHaveRead: where the partition of a removed file is not told, it may have been any.
func (c *checker) mayHaveRead(r *action.Remove) bool {
	if r.PartitionValues == nil {
		return c.mine.Whole || len(c.mine.Partitions) > 0
	}
	return c.wouldRead(&action.Add{Path: r.Path, PartitionValues: r.PartitionValues, Stats: r.Stats, DeletionVector: r.DeletionVector, DataChange: true})
}
