package table

import (
	"context"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/txlog/schema"
)

// canPartition are the types whose random values all have a text.
var canPartition = []schema.Type{schema.String, schema.Long, schema.Integer, schema.Short, schema.Byte, schema.Boolean,
	schema.Decimal{Precision: 7, Scale: 2}, schema.Double, schema.Timestamp, schema.TimestampNTZ}

// randomTable is a table of random columns, some of which partition it.
func randomTable(t *rapid.T, r *rand.Rand, depth int) *Table {
	s := arrowtest.Schema(r, 5, depth)
	var by []string
	for i, f := range s.Fields {
		s.Fields[i].Name = []string{"c", "Größe", "x-", "UPPER", "_"}[i%5] + fmt.Sprint(i)
		if len(by) < 2 && slices.Contains(canPartition, f.Type) && r.Intn(3) == 0 {
			by = append(by, s.Fields[i].Name)
			s.Fields[i].Nullable = s.Fields[i].Nullable || f.Type == schema.String // random texts are empty now and then: null
		}
	}
	s.Fields = append(s.Fields, schema.Field{Name: "last", Type: schema.Long, Nullable: true})
	tab, err := Create(t.Context(), mem.New(), CreateOptions{Schema: s, PartitionBy: by, Properties: map[string]string{"delta.checkpointInterval": "2"}}, options()...)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// stored are the rows that a table has after a batch was appended: an empty string in a partition column is null.
func stored(tab *Table, rec arrow.RecordBatch) []string {
	rows := arrowtest.Rows(rec)
	for i := range rows {
		for _, c := range tab.PartitionColumns() {
			rows[i] = strings.Replace(";"+rows[i], ";"+c+`="";`, ";"+c+`=null;`, 1)[1:]
		}
	}
	return rows
}

func TestWhatIsAppendedIsScanned(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		tab := randomTable(t, r, 2)
		as, err := arrowmap.ToArrow(tab.Schema())
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		history := [][]string{slices.Clone(want)}
		for range 1 + r.Intn(3) {
			var batches []arrow.RecordBatch
			for range 1 + r.Intn(2) {
				rec := arrowtest.Batch(r, as, 1+r.Intn(25))
				want = append(want, stored(tab, rec)...)
				batches = append(batches, rec)
			}
			c, err := tab.Append(t.Context(), Batches(batches...), AppendOptions{WriteOptions: WriteOptions{
				TargetFileSize: []int64{0, 1, 2000}[r.Intn(3)], Parallelism: 1 + r.Intn(3), RowsPerSlot: []int64{0, 1}[r.Intn(2)],
				MemoryBudget: []int64{0, 1, 300_000}[r.Intn(3)],
			}})
			if err != nil {
				t.Fatalf("%s by %v: %v", tab.Schema().DDL(), tab.PartitionColumns(), err)
			}
			for _, h := range c.Due {
				if err := h.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			history = append(history, slices.Clone(want))
		}
		fresh, err := Open(t.Context(), tab.Store(), options()...)
		if err != nil {
			t.Fatal(err)
		}
		for v, rows := range history {
			at, err := fresh.At(t.Context(), int64(v))
			if err != nil {
				t.Fatal(err)
			}
			got, err := collect(at.Scan(t.Context(), ScanOptions{Parallelism: 1 + r.Intn(3), BatchSize: int64(1 + r.Intn(100))}))
			if err != nil {
				t.Fatalf("%s: %v", tab.Schema().DDL(), err)
			}
			slices.Sort(rows)
			if !slices.Equal(got, rows) {
				t.Fatalf("version %d of %s by %v:\ngot  %q\nwant %q", v, tab.Schema().DDL(), tab.PartitionColumns(), got, rows)
			}
		}
	})
}

func TestSkippingNeverChangesWhatAScanFinds(t *testing.T) {
	var files, skipped int64
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		tab := randomTable(t, r, 0)
		as, err := arrowmap.ToArrow(tab.Schema())
		if err != nil {
			t.Fatal(err)
		}
		var all []arrow.RecordBatch
		for range 1 + r.Intn(5) {
			rec := arrowtest.Batch(r, as, 1+r.Intn(20))
			rec.Retain()
			all = append(all, rec)
			if _, err := tab.Append(t.Context(), Batches(rec), AppendOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		whole, err := rows(tab)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 {
			f := goFilter{randomExpr(r, tab.Schema(), all[r.Intn(len(all))], 3), tab.Schema()}
			want := []string{}
			for _, rec := range whole {
				keep, err := f.Eval(t.Context(), rec)
				if err != nil {
					t.Fatal(err)
				}
				for i, row := range arrowtest.Rows(rec) {
					if keep.Value(i) {
						want = append(want, row)
					}
				}
			}
			var m ScanMetrics
			got, err := collect(tab.Scan(t.Context(), ScanOptions{Where: f, Metrics: &m}))
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Fatalf("%s on %s by %v:\ngot  %q\nwant %q", f, tab.Schema().DDL(), tab.PartitionColumns(), got, want)
			}
			files += m.Files.Load()
			skipped += m.FilesSkipped.Load()
		}
	})
	if skipped == 0 || skipped == files {
		t.Errorf("%d of %d files were skipped, so this test has tested nothing", skipped, files)
	}
}

func rows(tab *Table) ([]arrow.RecordBatch, error) {
	var out []arrow.RecordBatch
	for rec, err := range tab.Scan(context.Background(), ScanOptions{}) {
		if err != nil {
			return nil, err
		}
		out = append(out, rec)
	}
	return out, nil
}
