package datafile_test

import (
	"bytes"
	"fmt"
	"math"
	"math/rand"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/schema"
)

// atMost says a <= b as Spark orders values, with the slack that a reader gives to timestamps.
func atMost(a, b any) bool {
	switch a := a.(type) {
	case int64:
		return a <= b.(int64)
	case float64:
		return math.IsNaN(b.(float64)) || a <= b.(float64)
	case string:
		return strings.Compare(a, b.(string)) <= 0
	case arrow.Date32:
		return a <= b.(arrow.Date32)
	case arrow.Timestamp:
		return a <= b.(arrow.Timestamp)+999
	case decimal128.Num:
		return a.LessEqual(b.(decimal128.Num))
	}
	return false
}

// within checks that the bounds of a column hold all its values, and that its nulls are counted.
func within(f *stats.File, path []string, col arrow.Array, parentNull func(int) bool) error {
	if st, ok := col.(*array.Struct); ok {
		for i := range st.NumField() {
			null := func(r int) bool { return parentNull(r) || st.IsNull(r) }
			name := st.DataType().(*arrow.StructType).Field(i).Name
			if err := within(f, append(path[:len(path):len(path)], name), st.Field(i), null); err != nil {
				return err
			}
		}
		return nil
	}
	c, ok := f.Column(path...)
	if !ok {
		return fmt.Errorf("%v has no statistics", path)
	}
	var nulls int64
	for r := range col.Len() {
		if parentNull(r) || col.IsNull(r) {
			nulls++
			continue
		}
		if c.Min == nil && c.Max == nil {
			continue
		}
		v := scalar.At(col, r)
		if c.Min != nil && !atMost(c.Min, v) || c.Max != nil && !atMost(v, c.Max) {
			return fmt.Errorf("%v: %v is not between %v and %v", path, v, c.Min, c.Max)
		}
	}
	if c.NullCount != nulls && c.NullCount >= 0 {
		return fmt.Errorf("%v: %d nulls are counted as %d", path, nulls, c.NullCount)
	}
	return nil
}

func TestBoundsHoldAllValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		s := arrowtest.Schema(r, 4, 2)
		as, err := arrowmap.ToArrow(s)
		if err != nil {
			t.Fatal(err)
		}
		rec := arrowtest.Batch(r, as, r.Intn(100))
		data, result := encode(t, s, datafile.Options{RowGroupRows: int64(1 + r.Intn(100))}, variant(r, rec))
		fromLog, err := stats.NewDecoder(s, nil).Decode(result.Stats.Encode())
		if err != nil {
			t.Fatal(err)
		}
		none := func(int) bool { return false }
		for i, f := range s.Fields {
			for name, st := range map[string]*stats.File{"kept": result.Stats, "in the log": fromLog} {
				if err := within(st, []string{f.Name}, rec.Column(i), none); err != nil {
					t.Fatalf("bounds %s: %v", name, err)
				}
			}
		}
		checkRowGroups(t, s, rec, data)
	})
}

// checkRowGroups checks the bounds in the footer against the rows of each row group.
func checkRowGroups(t *rapid.T, s *schema.Struct, rec arrow.RecordBatch, data []byte) {
	reader, err := datafile.OpenReaderAt(t.Context(), bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	from := int64(0)
	for _, err := range reader.Batches(t.Context(), datafile.ReadOptions{Schema: s, Keep: func(f *stats.File) bool {
		part := rec.NewSlice(from, from+f.NumRecords)
		from += f.NumRecords
		for i, field := range s.Fields {
			if !stats.HasBounds(field.Type) {
				continue
			}
			c, ok := f.Column(field.Name)
			if !ok {
				continue
			}
			for r := range part.Column(i).Len() {
				v := scalar.At(part.Column(i), r)
				if f, isFloat := v.(float64); isFloat && math.IsNaN(f) || v == nil {
					continue
				}
				if c.Min != nil && !atMost(c.Min, v) || c.Max != nil && !atMost(v, c.Max) {
					t.Fatalf("footer: %v is not between %v and %v", v, c.Min, c.Max)
				}
			}
		}
		return false
	}}) {
		t.Fatal(err)
	}
	if from != rec.NumRows() {
		t.Fatalf("row groups have %d rows", from)
	}
}
