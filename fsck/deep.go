package fsck

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// deep reads all data files.
func (c *check) deep(ctx context.Context) error {
	return c.each(ctx, func(*action.Add) bool { return true }, c.file)
}

// file reads one data file and holds its statistics against its rows.
func (c *check) file(ctx context.Context, a *action.Add) ([]Finding, error) {
	store, key, err := c.t.Locate(ctx, a.Path)
	if err != nil {
		return nil, nil // told as a bad path
	}
	unreadable := func(err error) ([]Finding, error) {
		if errors.Is(err, objstore.ErrNotExist) {
			return nil, nil // told as missing
		}
		var corrupt *datafile.CorruptError
		var cast *arrowmap.CastError
		var ids *datafile.NoFieldIDsError
		if !errors.As(err, &corrupt) && !errors.As(err, &cast) && !errors.As(err, &ids) && !errors.Is(err, objstore.ErrRange) {
			return nil, err
		}
		return []Finding{{Kind: UnreadableFile, Path: a.Path, What: err.Error(), Do: "restore the file from a copy, or delete its rows by restoring a version without it"}}, nil
	}
	r, err := datafile.Open(ctx, store, key)
	if err != nil {
		return unreadable(err)
	}
	var out []Finding
	if store != c.t.Store() && r.Size() != a.Size {
		out = append(out, Finding{Kind: FileSize, Path: a.Path, What: fmt.Sprintf("it has %d bytes and the log says %d", r.Size(), a.Size), Do: "restore the file from a copy"})
	}
	var known *stats.File
	if a.Stats != nil {
		known, _ = c.stats.Decode(*a.Stats) // what cannot be decoded was told
	}
	if known != nil && known.NumRecords >= 0 && known.NumRecords != r.NumRows() {
		out = append(out, Finding{Kind: WrongStatistics, Path: a.Path, What: fmt.Sprintf("it has %d rows and the log says %d", r.NumRows(), known.NumRecords), Do: recompute})
	}
	wrong, err := c.scan(ctx, a, r, known)
	out = append(out, wrong...)
	if err != nil {
		more, err := unreadable(err)
		return append(out, more...), err
	}
	return out, nil
}

// scan reads the rows, and looks whether the bounds bound them.
func (c *check) scan(ctx context.Context, a *action.Add, r *datafile.Reader, known *stats.File) ([]Finding, error) {
	data, err := arrowmap.FileSchema(c.s.Schema(), c.s.Metadata().PartitionColumns)
	if err != nil {
		return nil, nil // there is nothing but voids
	}
	data = nullable(data)
	var watched []*watch
	for _, col := range c.columns {
		if known == nil {
			break
		}
		if k, ok := known.Column(col.physical...); ok {
			watched = append(watched, &watch{column: col, known: k})
		}
	}
	for rec, err := range r.Batches(ctx, datafile.ReadOptions{Schema: data, Mapping: c.s.Mapping()}) {
		if err != nil {
			return nil, err
		}
		for _, w := range watched {
			w.look(rec)
		}
		rec.Release()
	}
	var out []Finding
	for _, w := range watched {
		if what := w.wrong(a); what != "" {
			out = append(out, Finding{Kind: WrongStatistics, Path: a.Path, What: what, Do: recompute})
		}
	}
	return out, nil
}

// nullable takes NOT NULL away: a null there is not what is looked for, and should not end the reading.
func nullable(s *schema.Struct) *schema.Struct {
	out := &schema.Struct{Fields: append([]schema.Field(nil), s.Fields...)}
	for i := range out.Fields {
		out.Fields[i].Nullable = true
	}
	return out
}

// watch holds what is known of a column against its values.
type watch struct {
	column
	known stats.Column

	nulls      int64
	low, high  any // the first value that is outside
	notCounted bool
}

// milli is how much finer than a bound a timestamp may be.
const milli = arrow.Timestamp(1000)

func (w *watch) look(rec arrow.RecordBatch) {
	arr, above := leafOf(rec, w.logical)
	if arr == nil {
		w.notCounted = true
		return
	}
	flat := stats.HasBounds(w.typ)
	for i := range arr.Len() {
		if arr.IsNull(i) || anyNull(above, i) {
			w.nulls++
			continue
		}
		if !flat || w.known.Min == nil && w.known.Max == nil {
			continue
		}
		v := scalar.At(arr, i)
		if f, ok := v.(float64); ok && f != f {
			continue // NaN is in nobody's bounds
		}
		if w.low == nil && w.known.Min != nil && scalar.Compare(v, w.known.Min) < 0 {
			w.low = v
		}
		if w.high == nil && w.known.Max != nil && scalar.Compare(v, upper(w.known.Max)) > 0 {
			w.high = v
		}
	}
}

// upper is the greatest value that a bound allows: bounds of timestamps are cut to milliseconds.
func upper(bound any) any {
	if ts, ok := bound.(arrow.Timestamp); ok {
		return ts + milli - 1
	}
	return bound
}

func anyNull(above []arrow.Array, i int) bool {
	for _, a := range above {
		if a.IsNull(i) {
			return true
		}
	}
	return false
}

// leafOf finds a column by its path, and the structs that it is in.
func leafOf(rec arrow.RecordBatch, path []string) (leaf arrow.Array, above []arrow.Array) {
	at := rec.Schema().FieldIndices(path[0])
	if len(at) == 0 {
		return nil, nil
	}
	leaf = rec.Column(at[0])
	for _, name := range path[1:] {
		s, ok := leaf.(*array.Struct)
		if !ok {
			return nil, nil
		}
		i, ok := s.DataType().(*arrow.StructType).FieldIdx(name)
		if !ok {
			return nil, nil
		}
		above = append(above, s)
		leaf = s.Field(i)
	}
	return leaf, above
}

// wrong says what is wrong with the column's statistics; empty where nothing is. The counts and bounds of a file with deleted rows
// are those of all its rows, so they hold the same.
func (w *watch) wrong(a *action.Add) string {
	name := strings.Join(w.logical, ".")
	switch {
	case w.notCounted:
		return ""
	case w.low != nil:
		return fmt.Sprintf("column %s has the value %v, below its least value %v", name, w.low, w.known.Min)
	case w.high != nil:
		return fmt.Sprintf("column %s has the value %v, above its greatest value %v", name, w.high, w.known.Max)
	case w.known.NullCount >= 0 && w.known.NullCount != w.nulls && a.DeletionVector == nil:
		return fmt.Sprintf("column %s has %d nulls and the log says %d", name, w.nulls, w.known.NullCount)
	}
	return ""
}
