package changes

import (
	"context"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/internal/arrowrows"
)

// times are values of [StartColumn] and [EndColumn], of changes and of the table, numbered as they came.
type times struct {
	of arrow.DataType

	mu    sync.Mutex
	parts []arrow.Array
	n     int32
	all   arrow.Array // once take is called
}

// add takes values, which stay the caller's, and gives the number of the first.
func (t *times) add(ctx context.Context, values arrow.Array) (int32, error) {
	same, err := castTo(ctx, values, arrow.Field{Name: EndColumn, Type: t.of})
	if err != nil {
		return 0, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.n
	t.parts, t.n = append(t.parts, same), t.n+int32(same.Len())
	return first, nil
}

// text is a value as text, which addTexts reads.
func (t *times) text(i int32) string {
	for _, p := range t.parts {
		if n := int32(p.Len()); i >= n {
			i -= n
			continue
		}
		return p.ValueStr(int(i))
	}
	return ""
}

// addTexts adds values that text has given.
func (t *times) addTexts(ctx context.Context, texts []string) (int32, error) {
	b := array.NewBuilder(memory.DefaultAllocator, t.of)
	defer b.Release()
	for _, s := range texts {
		if err := b.AppendValueFromString(s); err != nil {
			return 0, err
		}
	}
	values := b.NewArray()
	defer values.Release()
	return t.add(ctx, values)
}

// take gives values by their numbers, null for -1; nothing may be added after it.
func (t *times) take(ctx context.Context, at []int32) (arrow.Array, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.all == nil {
		var err error
		if len(t.parts) == 0 {
			t.all = array.MakeArrayOfNull(memory.DefaultAllocator, t.of, 0)
		} else if t.all, err = array.Concatenate(t.parts, memory.DefaultAllocator); err != nil {
			return nil, err
		}
	}
	indices := arrowrows.IndicesOrNull(at)
	defer indices.Release()
	return arrowrows.Take(ctx, t.all, indices)
}

func (t *times) release() {
	arrowrows.Release(t.parts)
	arrowrows.Release([]arrow.Array{t.all})
	t.parts, t.all = nil, nil
}
