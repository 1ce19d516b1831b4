package table

import (
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// ChangeFile is a file that tells of rows that a commit has changed: one of the change data feed or, where the commit has none, a data file
// that it added or removed.
type ChangeFile struct {
	// Type is what happened to all rows of it; "" where the file says it row by row.
	Type  ChangeType
	add   *action.Add            // with the deletion vector of the rows that are not meant
	among *action.DeletionVector // where set, only rows in it are meant
}

// Path is the path of the file, as in the log.
func (f ChangeFile) Path() string { return f.add.Path }

// Size is the size of the file, in bytes; 0 where the log does not tell.
func (f ChangeFile) Size() int64 { return f.add.Size }

// ChangeFilesOf are the files that tell what a commit has changed ("Change Data Files", "Reader Requirements"): those of cdc actions and no
// others where there are any; else those that were added and removed with dataChange, of which what was taken out comes first. A file that is
// replaced by itself with another deletion vector comes twice: for the rows that are deleted since, and for those that are so no
// more.
func ChangeFilesOf(c txlog.Commit) []ChangeFile {
	var feed []ChangeFile
	for _, a := range c.Actions {
		if a, ok := a.(*action.CDC); ok {
			feed = append(feed, ChangeFile{add: &action.Add{Path: a.Path, PartitionValues: a.PartitionValues, Size: a.Size}})
		}
	}
	if len(feed) > 0 {
		return feed
	}
	gone, come := dataFilesOf(c)
	return append(gone, come...)
}

// dataFilesOf are the data files that a commit has changed, by what they have lost and brought.
func dataFilesOf(c txlog.Commit) (gone, come []ChangeFile) {
	removed, added := map[string]*action.Remove{}, map[string]*action.Add{}
	for _, a := range c.Actions {
		switch a := a.(type) {
		case *action.Remove:
			removed[CanonicalPath(a.Path)] = a
		case *action.Add:
			added[CanonicalPath(a.Path)] = a
		}
	}
	for _, a := range c.Actions {
		switch a := a.(type) {
		case *action.Remove:
			if a.DataChange {
				gone = append(gone, deletedBy(a, added[CanonicalPath(a.Path)])...)
			}
		case *action.Add:
			if a.DataChange {
				come = append(come, insertedBy(a, removed[CanonicalPath(a.Path)])...)
			}
		}
	}
	return gone, come
}

// deletedBy are the rows that a file has lost: all or, where it was added again, those of the new deletion vector.
func deletedBy(r *action.Remove, again *action.Add) []ChangeFile {
	f := ChangeFile{Type: ChangeDelete, add: &action.Add{Path: r.Path, PartitionValues: r.PartitionValues, DeletionVector: r.DeletionVector}}
	if r.Size != nil {
		f.add.Size = *r.Size
	}
	if again != nil {
		if again.DeletionVector == nil {
			return nil
		}
		f.among, f.add.PartitionValues = again.DeletionVector, again.PartitionValues
	}
	return []ChangeFile{f}
}

// insertedBy are the rows that a file has brought: all or, where it was there before, those of the old deletion vector.
func insertedBy(a *action.Add, before *action.Remove) []ChangeFile {
	f := ChangeFile{Type: ChangeInsert, add: a}
	if before != nil {
		if before.DeletionVector == nil {
			return nil
		}
		f.among = before.DeletionVector
	}
	return []ChangeFile{f}
}
