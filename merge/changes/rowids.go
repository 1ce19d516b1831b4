package changes

import (
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/table"
)

// rowIDs are the row ids that the rows of changes keep, plus one: those of the rows that they update; 0 for rows that are new. Nil on
// tables without row tracking ("Row Tracking" of the protocol: an update keeps the stable id of its row). Many goroutines may use them.
type rowIDs []atomic.Int64

func newRowIDs(c *table.Change, n int) rowIDs {
	if !c.Snapshot().RowTrackingEnabled() {
		return nil
	}
	return make(rowIDs, n)
}

// keep notes that a change updates row i of some. Where it updates several, it keeps the id of one.
func (r rowIDs) keep(change int, ids *array.Int64, i int) {
	if r != nil && ids != nil && ids.IsValid(i) {
		r[change].CompareAndSwap(0, ids.Value(i)+1)
	}
}

// of are the ids of some changes, null for those of new rows; nil where there are none. The caller releases them.
func (r rowIDs) of(changes []int) *array.Int64 {
	if r == nil {
		return nil
	}
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	b.Reserve(len(changes))
	for _, c := range changes {
		if id := r[c].Load(); id > 0 {
			b.UnsafeAppend(id - 1)
		} else {
			b.AppendNull()
		}
	}
	return b.NewInt64Array()
}
