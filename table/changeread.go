package table

import (
	"context"
	"iter"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Candidate is a file that may have rows for which a filter is true.
type Candidate struct {
	*action.Add
	// All says that the filter is true for all rows of the file: it reads partition columns only, or there is none.
	All bool
}

// Candidates yields the files that may have rows for which where is true (nil: all rows), and notes that the
// change has read those rows: rows like them that others add meanwhile are conflicts.
// Errors: those of the log; *ColumnNotFoundError.
func (c *Change) Candidates(ctx context.Context, where predicate.Filter) iter.Seq2[Candidate, error] {
	return func(yield func(Candidate, error) bool) {
		p, err := c.t.newScan(c.snap, ScanOptions{Columns: []string{}, Where: where})
		if err != nil {
			yield(Candidate{}, err)
			return
		}
		r := &reading{filter: where, prune: p.prune, cheap: newPartitionFilter(where, c.snap)}
		c.mu.Lock()
		c.reads = append(c.reads, r)
		c.mu.Unlock()
		for add, err := range p.files(ctx) {
			if err == nil && r.cheap != nil {
				matches, failed := r.cheap.matches(ctx, add)
				if failed == nil && !matches {
					continue
				}
				err = failed
			}
			if !yield(Candidate{add, where == nil || r.cheap != nil}, err) || err != nil {
				return
			}
		}
	}
}

// ReadFiles notes that the change depends on all rows of the files for which is holds (nil: all files; true where in doubt), and
// yields those files.
func (c *Change) ReadFiles(ctx context.Context, is func(*action.Add) bool) iter.Seq2[*action.Add, error] {
	return func(yield func(*action.Add, error) bool) {
		c.mu.Lock()
		c.reads = append(c.reads, &reading{is: is})
		c.mu.Unlock()
		for add, err := range c.snap.Files(ctx) {
			if err == nil && is != nil && !is(add) {
				continue
			}
			if !yield(add, err) || err != nil {
				return
			}
		}
	}
}

// Rows yields the live rows of a file of the snapshot, see [Table.ScanFile].
func (c *Change) Rows(ctx context.Context, add *action.Add, o ScanOptions) iter.Seq2[FileRows, error] {
	o.RowTracking = o.RowTracking && c.tracked
	return c.t.ScanFile(ctx, c.snap, add, o)
}

// partitionFilter evaluates a filter that reads nothing but partition columns, on the values in the log.
type partitionFilter struct {
	where  predicate.Filter
	fields []schema.Field
	arrow  *arrow.Schema
}

// newPartitionFilter is nil for a filter that reads other columns too, or none at all.
func newPartitionFilter(where predicate.Filter, s *txlog.Snapshot) *partitionFilter {
	if where == nil || len(where.Columns()) == 0 {
		return nil
	}
	p := &partitionFilter{where: where}
	read := &schema.Struct{}
	for _, name := range where.Columns() {
		f := s.Schema().Field(name)
		if f == nil || !slices.Contains(s.Metadata().PartitionColumns, f.Name) {
			return nil
		}
		read.Fields = append(read.Fields, *f)
	}
	p.fields = read.Fields
	var err error
	if p.arrow, err = arrowmap.ToArrow(read); err != nil {
		return nil
	}
	return p
}

// matches says whether the filter is true for the rows of a file.
func (p *partitionFilter) matches(ctx context.Context, add *action.Add) (bool, error) {
	cols := make([]arrow.Array, 0, len(p.fields))
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for _, f := range p.fields {
		v, err := partitionValue(add, f)
		if err != nil {
			return false, err
		}
		c, err := scalar.Repeat(f.Type, v, 1)
		if err != nil {
			return false, err
		}
		cols = append(cols, c)
	}
	rec := array.NewRecordBatch(p.arrow, cols, 1)
	defer rec.Release()
	keep, err := p.where.Eval(ctx, rec)
	if err != nil {
		return false, err
	}
	defer keep.Release()
	return kept(keep) == 1, nil
}
