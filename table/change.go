package table

import (
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// ChangeOptions say how a change is written.
type ChangeOptions struct {
	WriteOptions
	// NoDeletionVectors rewrites files that lose some of their rows, on tables too that have deletion vectors on.
	NoDeletionVectors bool
	// KeepsData says that the change only rearranges rows (dataChange false): what is put in is what was taken out.
	KeepsData bool
	// OverwriteSchema gives the table the schema of Rows, and PartitionBy its partition columns (nil: as they
	// are). All files of the table must be taken out.
	OverwriteSchema bool
	Rows            *arrow.Schema
	PartitionBy     []string
}

// Change is one commit that takes rows out of files and puts rows in: what DELETE, UPDATE, overwrite, MERGE
// and OPTIMIZE are made of. It works on one snapshot; another writer's commit that it cannot follow is a
// *txlog.ConflictError, and the whole work must be done again with a new Change.
//
// Rows are taken out by deletion vectors where the table has them on; else the files are written anew without
// them. All methods but Finish, Commit and Abort may be called by several goroutines at a time. Exactly
// one of Commit and Abort ends it.
//
// On tables with deletion vectors a change follows winners row by row (see rowlevel.go): it depends on the rows
// that it takes out, on those that [Change.Depends] names, and on there being no others for which a
// filter given to [Change.Candidates] is true.
type Change struct {
	t       *Table
	snap    *txlog.Snapshot
	opts    ChangeOptions
	vectors bool // rows are taken out by deletion vectors
	tracked bool // rows keep ids and commit versions
	rows    *WriteSet
	feed    *WriteSet // of the change data; nil where the feed is off

	mu       sync.Mutex
	files    map[string]*touched // by CanonicalPath
	own      map[string]*ownFile // with KeepsData: what was written, by path
	reads    []*reading
	staged   []action.Action
	keys     []string // deletion vector files that were written
	copied   int64
	finished bool
	settled  bool
	adds     []*action.Add
	cdc      []*action.CDC
	meta     []action.Action
}

// NewChange starts a change of the newest version that t knows. It reads and writes nothing yet.
// Errors: those of [Table.NewWriteSet].
func (t *Table) NewChange(ctx context.Context, o ChangeOptions) (*Change, error) {
	c := &Change{t: t, opts: o, files: map[string]*touched{}, own: map[string]*ownFile{}}
	var err error
	if c.rows, err = t.newChangeRows(ctx, o); err != nil {
		return nil, err
	}
	c.snap = c.rows.base
	c.vectors = c.snap.DeletionVectorsEnabled() && !o.NoDeletionVectors
	c.tracked = c.snap.RowTrackingEnabled()
	if c.snap.ChangeDataFeed() && !o.KeepsData && !o.OverwriteSchema {
		if c.feed, err = t.newChangeDataSet(ctx, o.WriteOptions); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Snapshot is the version that is changed.
func (c *Change) Snapshot() *txlog.Snapshot { return c.snap }

// UsesDeletionVectors says whether rows are taken out by deletion vectors, so that their files stay.
func (c *Change) UsesDeletionVectors() bool { return c.vectors }

// HasChangeFeed says whether the table wants change data of rows that are changed in place.
func (c *Change) HasChangeFeed() bool { return c.feed != nil }

// Write puts rows in, as [WriteSet.Write] does.
func (c *Change) Write(ctx context.Context, rec arrow.RecordBatch) error {
	return c.rows.Write(ctx, rec)
}

// Stage adds actions to the commit, such as domain metadata.
func (c *Change) Stage(actions ...action.Action) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.staged = append(c.staged, actions...)
}

// RemoveFile takes a file out of the table, with all of its rows. With KeepsData it says that they
// are put in again by [Change.Move].
func (c *Change) RemoveFile(add *action.Add) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.touch(add).whole = true
}

// DeleteRows takes rows out of a file, by their positions in it; it takes the bitmap over. Rows that are deleted
// already must not be among them.
func (c *Change) DeleteRows(add *action.Add, rows *deletionvector.Bitmap) {
	if rows.Cardinality() == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.touch(add)
	if f.mine == nil {
		f.mine = rows
		return
	}
	f.mine.Or(rows)
}

// Depends says that the change depends on rows that it leaves where they are: another writer must not
// take them out meanwhile. MERGE names those that a source row has matched and no clause has changed.
func (c *Change) Depends(add *action.Add, rows *deletionvector.Bitmap) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.touch(add)
	if f.needs == nil {
		f.needs = deletionvector.New()
	}
	f.needs.Or(rows)
}

// touch is what the change does to a file; c.mu is held.
func (c *Change) touch(add *action.Add) *touched {
	key := CanonicalPath(add.Path)
	f := c.files[key]
	if f == nil {
		f = &touched{key: key, add: add}
		c.files[key] = f
	}
	return f
}

// reading is a part of the table that the change depends on. Exactly one of filter and is says which rows.
type reading struct {
	filter predicate.Filter       // nil: is decides, or all rows where that is nil too
	prune  *pruner                // of filter
	cheap  *partitionFilter       // filter reads partition columns only
	is     func(*action.Add) bool // whether rows of such a file were read
}

// mayRead says whether the change would have read rows of a file; true where in doubt.
func (r *reading) mayRead(ctx context.Context, add *action.Add) bool {
	switch {
	case r.is != nil:
		return r.is(add)
	case r.filter == nil:
		return true
	case r.cheap != nil:
		matches, err := r.cheap.matches(ctx, add)
		return matches || err != nil
	}
	skip, err := r.prune.skips(add)
	return !skip || err != nil
}
