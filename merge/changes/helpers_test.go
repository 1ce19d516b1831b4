package changes_test

import (
	"context"
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/dml"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/txlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tester is what testing.TB and rapid.T share.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

var ids atomic.Int64

func nextID() string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", ids.Add(1)) }

func tableOptions() []table.Option {
	start := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var n atomic.Int64
	now := func() time.Time { return start.Add(time.Duration(n.Add(1)) * time.Millisecond) }
	noSleep := func(context.Context, time.Duration) error { return nil }
	return []table.Option{
		table.WithLogOptions(txlog.Options{Now: now, Rand: rand.New(rand.NewSource(1)), Sleep: noSleep}), table.WithIDs(nextID),
	}
}

// world is a table that changes are applied to.
type world struct {
	tester
	store, graves objstore.Store
	table         *table.Table
	applier       *changes.Applier
	options       changes.Options
	offset        int64
}

const columns = "id BIGINT NOT NULL, v STRING, big STRING"

func newWorld(t tester, o changes.Options, props map[string]string, by ...string) *world {
	t.Helper()
	w := &world{tester: t, store: mem.New(), graves: mem.New(), options: o}
	ddl := columns
	if o.History {
		ddl += ", __START_AT TIMESTAMP, __END_AT TIMESTAMP"
	}
	s, err := table.ParseSchema(ddl)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{txlog.PropSequenceColumn: "_ingestd-sequence"}
	for k, v := range props {
		all[k] = v
	}
	if w.table, err = table.Create(t.Context(), w.store, table.CreateOptions{Schema: s, PartitionBy: by, Properties: all}, tableOptions()...); err != nil {
		t.Fatal(err)
	}
	w.open()
	return w
}

// open begins anew, as another process would.
func (w *world) open() {
	w.Helper()
	t, err := table.Open(w.Context(), w.store, tableOptions()...)
	if err != nil {
		w.Fatal(err)
	}
	o := w.options
	o.Options = dml.Options{Backoff: func(context.Context, int) error { return nil }}
	o.Tombstones, o.TableOptions = w.graves, tableOptions()
	w.table, w.applier = t, changes.New(t, o)
}

// change is one of a row with those columns.
type change struct {
	op    changes.Op
	id    int64
	v     string
	big   string
	seq   int64
	lacks bool  // big is not known
	was   int64 // the key that the row had before; 0: none other
	blank bool  // nothing but the key is known
}

func (c change) String() string {
	return fmt.Sprintf("%c%d@%d=%s/%s(%v)", c.op, c.id, c.seq, c.v, c.big, c.lacks)
}

var batchOf = changes.Batch{
	Origin: changes.Origin{Schema: "public", Table: "things", Topic: "things"}, Keys: []string{"id"},
	Columns: []arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "v", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "big", Type: arrow.BinaryTypes.String, Nullable: true}},
}

// batch are changes as a decoder gives them.
func (w *world) batch(list []change) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, batchOf.Schema())
	defer b.Release()
	var all []change
	for _, c := range list {
		if c.was != 0 {
			all = append(all, change{op: changes.Moved, id: c.was, seq: c.seq})
		}
		all = append(all, c)
	}
	for _, c := range all {
		if c.op == changes.Truncate {
			b.Field(0).AppendNull()
		} else {
			b.Field(0).(*array.Int64Builder).Append(c.id)
		}
		if c.op == changes.Truncate || c.op == changes.Delete {
			b.Field(1).AppendNull()
			b.Field(2).AppendNull()
		} else {
			b.Field(1).(*array.StringBuilder).Append(c.v)
			if c.lacks {
				b.Field(2).AppendNull()
			} else {
				b.Field(2).(*array.StringBuilder).Append(c.big)
			}
		}
		b.Field(3).(*array.Int8Builder).Append(int8(c.op))
		b.Field(4).(*array.BinaryBuilder).Append(changes.Sequence(nil).Number(c.seq))
		switch {
		case c.blank:
			b.Field(5).(*array.BinaryBuilder).Append([]byte{1<<1 | 1<<2})
		case c.lacks:
			b.Field(5).(*array.BinaryBuilder).Append([]byte{1 << 2})
		default:
			b.Field(5).AppendNull()
		}
		if w.options.History {
			b.Field(6).(*array.TimestampBuilder).Append(arrow.Timestamp(timeOf(c.seq)))
		} else {
			b.Field(6).AppendNull()
		}
		b.Field(7).(*array.StringBuilder).Append("things/0")
		b.Field(8).(*array.Int64Builder).Append(w.offset)
		w.offset++
	}
	return b.NewRecordBatch()
}

// timeOf is when a change was made: the order of changes is that of their sequences, whatever the times say.
func timeOf(seq int64) int64 { return 1000 + seq*7%31 }

// apply applies changes in one commit.
func (w *world) apply(list ...change) changes.Result {
	w.Helper()
	rec := w.batch(list)
	defer rec.Release()
	if err := w.applier.Add(w.Context(), rec); err != nil {
		w.Fatal(err)
	}
	r, err := w.applier.Commit(w.Context(), table.CommitOptions{})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// rows are those of the table, sorted.
func (w *world) rows() []string { return w.columns("id", "v", "big") }

func (w *world) columns(names ...string) []string {
	w.Helper()
	t, err := table.Open(w.Context(), w.store, tableOptions()...)
	if err != nil {
		w.Fatal(err)
	}
	out := []string{}
	for rec, err := range t.Scan(w.Context(), table.ScanOptions{Columns: names}) {
		if err != nil {
			w.Fatal(err)
		}
		out = append(out, arrowtest.Rows(rec)...)
		rec.Release()
	}
	slices.Sort(out)
	return out
}

func (w *world) expect(want ...string) {
	w.Helper()
	slices.Sort(want)
	if got := w.rows(); !slices.Equal(got, want) {
		w.Fatalf("the table has\n%s\nand should have\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func row(id int64, v, big string) string { return fmt.Sprintf("id=%d;v=%q;big=%q;", id, v, big) }

func (w *world) expectAll(want ...string) {
	w.Helper()
	want = slices.Sorted(slices.Values(want))
	if got := w.columns(); !slices.Equal(got, want) {
		w.Fatalf("the table has\n%s\nand should have\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
