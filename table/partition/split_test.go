package partition_test

import (
	"errors"
	"fmt"
	"math/rand"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestNullAndEmptyAreOneValue(t *testing.T) {
	for _, v := range []any{nil, "", []byte{}} {
		if got, err := partition.Format(schema.String, v); got != nil || err != nil {
			t.Errorf("%#v is %v, %v", v, got, err)
		}
	}
	for _, text := range []*string{nil, ptr("")} {
		if got, err := partition.Parse(schema.Long, text); got != nil || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	}
	if _, err := partition.Parse(schema.Long, ptr("x")); err == nil {
		t.Error("x was taken as a number")
	}
}

func TestColumnsThatCannotPartition(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{{Name: "a", Type: &schema.Array{Element: schema.Long}}, {Name: "v", Type: schema.Void}}}
	for _, c := range []string{"a", "v", "missing"} {
		var bad *partition.ColumnError
		if _, err := partition.NewSplitter(s, []string{c}); !errors.As(err, &bad) || bad.Column != c {
			t.Errorf("%s: got %v", c, err)
		}
	}
}

// TestPartsHoldTheRowsOfTheirValues puts random batches (sorted, shuffled, dictionary-encoded)
// together again from their parts.
func TestPartsHoldTheRowsOfTheirValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		s := &schema.Struct{}
		var by []string
		for i := range 1 + r.Intn(2) {
			typ := arrowtest.Flat[r.Intn(len(arrowtest.Flat))]
			if typ == schema.Binary {
				typ = schema.String // random bytes have no text
			}
			by = append(by, fmt.Sprintf("p%d", i))
			s.Fields = append(s.Fields, schema.Field{Name: by[i], Type: typ, Nullable: true})
		}
		s.Fields = append(s.Fields, arrowtest.Schema(r, 3, 1).Fields...)
		as, err := arrowmap.ToArrow(s)
		if err != nil {
			t.Fatal(err)
		}
		rec := withDictionaries(r, arrowtest.Batch(r, as, r.Intn(40)))
		splitter, err := partition.NewSplitter(s, by)
		if err != nil {
			t.Fatal(err)
		}
		parts, err := splitter.Split(t.Context(), rec)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, p := range parts {
			if want := partition.Dir(by, p.Values); p.Dir != want || p.Rec.NumRows() == 0 {
				t.Fatalf("%d rows in %q, want %q", p.Rec.NumRows(), p.Dir, want)
			}
			got = append(got, restore(t, s, by, p)...)
		}
		want := normalised(t, s, by, rec)
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Fatalf("got  %q\nwant %q", got, want)
		}
	})
}

// withDictionaries encodes the string columns as dictionaries, as the JSON scanner does.
func withDictionaries(r *rand.Rand, rec arrow.RecordBatch) arrow.RecordBatch {
	cols := slices.Clone(rec.Columns())
	fields := slices.Clone(rec.Schema().Fields())
	for i, c := range cols {
		if c.DataType().ID() == arrow.STRING && r.Intn(2) == 0 {
			cols[i] = arrowtest.Dictionary(r, c)
			fields[i].Type = cols[i].DataType()
		}
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, rec.NumRows())
}

// restore gives the rows of a part with their partition columns in front.
func restore(t *rapid.T, s *schema.Struct, by []string, p partition.Part) []string {
	rows := arrowtest.Rows(p.Rec)
	for i := len(by) - 1; i >= 0; i-- {
		v, err := partition.Parse(s.Fields[i].Type, p.Values[by[i]])
		if err != nil {
			t.Fatal(err)
		}
		col, err := scalar.Repeat(s.Fields[i].Type, v, 1)
		if err != nil {
			t.Fatal(err)
		}
		for r := range rows {
			rows[r] = arrowtest.Value(col, 0) + "|" + rows[r]
		}
	}
	return rows
}

// normalised gives the rows as restore does, with what partition values cannot tell apart made one.
func normalised(t *rapid.T, s *schema.Struct, by []string, rec arrow.RecordBatch) []string {
	n := len(by)
	rest := array.NewRecordBatch(arrow.NewSchema(rec.Schema().Fields()[n:], nil), rec.Columns()[n:], rec.NumRows())
	rows := arrowtest.Rows(rest)
	for r := range rows {
		for i := n - 1; i >= 0; i-- {
			text, err := partition.Format(s.Fields[i].Type, scalar.At(rec.Column(i), r))
			if err != nil {
				t.Fatal(err)
			}
			v, err := partition.Parse(s.Fields[i].Type, text)
			if err != nil {
				t.Fatal(err)
			}
			col, err := scalar.Repeat(s.Fields[i].Type, v, 1)
			if err != nil {
				t.Fatal(err)
			}
			rows[r] = arrowtest.Value(col, 0) + "|" + rows[r]
		}
	}
	return rows
}

func dayBatch(n, days, run int) (arrow.RecordBatch, *partition.Splitter) {
	s := &schema.Struct{Fields: []schema.Field{{Name: "day", Type: schema.Date}, {Name: "id", Type: schema.Long}, {Name: "name", Type: schema.String}}}
	as, _ := arrowmap.ToArrow(s)
	b := array.NewRecordBuilder(memory.DefaultAllocator, as)
	for i := range n {
		b.Field(0).(*array.Date32Builder).Append(arrow.Date32(i / run % days))
		b.Field(1).(*array.Int64Builder).Append(int64(i))
		b.Field(2).(*array.StringBuilder).Append("a product name")
	}
	splitter, err := partition.NewSplitter(s, []string{"day"})
	if err != nil {
		panic(err)
	}
	return b.NewRecordBatch(), splitter
}

func TestRowsThatLieTogetherAreNotCopied(t *testing.T) {
	rec, splitter := dayBatch(100, 4, 25)
	parts, err := splitter.Split(t.Context(), rec)
	if err != nil || len(parts) != 4 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	for i, p := range parts {
		if p.Rec.Column(0).Data().Buffers()[1] != rec.Column(1).Data().Buffers()[1] || p.Rec.Column(0).Data().Offset() != 25*i {
			t.Errorf("part %d is a copy", i)
		}
	}
}

func BenchmarkSplit(b *testing.B) {
	const n = 65536
	for _, bc := range []struct {
		name      string
		days, run int
	}{{"one", 1, n}, {"runs", 4, n / 4}, {"mixed", 8, 1}} {
		b.Run(bc.name, func(b *testing.B) {
			rec, splitter := dayBatch(n, bc.days, bc.run)
			for b.Loop() {
				if _, err := splitter.Split(b.Context(), rec); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)*n/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
