package arrowmap

import (
	"context"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/compute"
)

// gather copies the values of the rows that are not null, in order: for layouts whose rows lie
// apart (fixed-size lists with nulls, list views, values under a null).
func gather(ctx context.Context, src array.ListLike, total int64) (arrow.Array, error) {
	b := array.NewInt64Builder(mem)
	defer b.Release()
	b.Reserve(int(total))
	for i := range src.Len() {
		if src.IsNull(i) {
			continue
		}
		s, e := src.ValueOffsets(i)
		for v := s; v < e; v++ {
			b.UnsafeAppend(v)
		}
	}
	indices := b.NewArray()
	defer indices.Release()
	return compute.TakeArray(ctx, src.ListValues(), indices)
}
