package sql

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/predicate"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var ctx = context.Background()

var shop = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "category", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "price", Type: arrow.PrimitiveTypes.Float64, Nullable: true},
}, nil)

// sales are n rows from id on: category id%10, price id.
func sales(from, n int) arrow.RecordBatch {
	b := array.NewRecordBuilder(memory.DefaultAllocator, shop)
	defer b.Release()
	for i := from; i < from+n; i++ {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("category ", i%10))
		b.Field(2).(*array.Float64Builder).Append(float64(i))
	}
	return b.NewRecordBatch()
}

// bind makes an operator over shop's rows.
func bind(t testing.TB, opts Options) (*Operator, *arrow.Schema) {
	t.Helper()
	opts.TempDir = t.TempDir()
	o := New(opts)
	out, err := o.Bind(ctx, shop)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o, out
}

// runBatch sends chunks through one batch, all at once, and gives what came out.
func runBatch(o *Operator, chunks ...arrow.RecordBatch) ([]string, error) {
	run, err := o.Begin(ctx, stream.BatchID{})
	if err != nil {
		return nil, err
	}
	var mu sync.Mutex
	var rows []string
	emit := func(rec arrow.RecordBatch) error {
		defer rec.Release()
		mu.Lock()
		defer mu.Unlock()
		rows = append(rows, arrowtest.Rows(rec)...)
		return nil
	}
	var all sync.WaitGroup
	errs := make([]error, len(chunks))
	for i, c := range chunks {
		all.Go(func() { errs[i] = run.Process(ctx, c, emit) })
	}
	all.Wait()
	if err = errors.Join(errs...); err == nil {
		err = run.Finish(ctx, emit)
	}
	return rows, errors.Join(err, run.Close())
}

func mustRun(t testing.TB, o *Operator, chunks ...arrow.RecordBatch) []string {
	t.Helper()
	rows, err := runBatch(o, chunks...)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(rows)
	return rows
}

func TestARowWiseQueryRunsOnEachChunk(t *testing.T) {
	o, out := bind(t, Options{Query: "SELECT id, upper(category) AS c, price * 2 AS double FROM input WHERE id % 1000 = 7"})
	if got := out.String(); !strings.Contains(got, "- id: type=int64\n") || !strings.Contains(got, "- double: type=float64, nullable") {
		t.Error(got)
	}
	for range 2 {
		got := mustRun(t, o, sales(0, 3000), sales(3000, 2000), sales(0, 0))
		if len(got) != 5 || got[0] != `id=1007;c="CATEGORY 7";double=`+bits(2014)+";" {
			t.Error(got)
		}
	}
	run, err := o.Begin(ctx, stream.BatchID{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	n := int64(0)
	if err := run.Process(ctx, sales(0, 3000), func(rec arrow.RecordBatch) error { n += rec.NumRows(); rec.Release(); return nil }); err != nil || n != 3 {
		t.Errorf("%d rows came out of Process, %v", n, err)
	}
}

func bits(f float64) string {
	b := array.NewFloat64Builder(memory.DefaultAllocator)
	b.Append(f)
	return arrowtest.Value(b.NewArray(), 0)
}

func TestARowWiseQueryKeepsTheOrderOfAChunk(t *testing.T) {
	o, _ := bind(t, Options{Query: "SELECT id FROM input"})
	rows, err := runBatch(o, sales(0, 100_000))
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range rows {
		if row != fmt.Sprintf("id=%d;", i) {
			t.Fatalf("row %d is %s", i, row)
		}
	}
}

func TestAQueryOverTheWholeBatchRunsOnce(t *testing.T) {
	for _, hold := range []int64{0, 1, 100_000} { // as Arrow, by the table, and part of it each
		t.Run(fmt.Sprint("hold ", hold), func(t *testing.T) {
			o, _ := bind(t, Options{Query: "SELECT category, count(*) AS n, max(id) AS m FROM input GROUP BY ALL HAVING n > 1", HoldBytes: hold})
			for range 2 {
				got := mustRun(t, o, sales(0, 10_000), sales(10_000, 10_000), sales(20_000, 3))
				if len(got) != 10 || got[0] != `category="category 0";n=2001;m=20000;` {
					t.Error(got)
				}
			}
			if got := mustRun(t, o); len(got) != 0 {
				t.Error("a batch without rows gives", got)
			}
		})
	}
}

func TestInputMayBeReadMoreThanOnce(t *testing.T) {
	o, _ := bind(t, Options{Query: "SELECT a.id FROM input a JOIN (SELECT max(id) AS id FROM input) b USING (id)"})
	if got := mustRun(t, o, sales(0, 5000), sales(5000, 10)); len(got) != 1 || got[0] != "id=5009;" {
		t.Error(got)
	}
}

func TestWrongQueriesAreRefusedAtBind(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT prize FROM input":               `SQL at line 1, column 8: no column "prize"; did you mean "price"?`,
		"SELECT x FROM input":                   `SQL at line 1, column 8: no column "x"; there are id, category, price`,
		"SELECT 1 AS a":                         `SQL: the query never reads input, the rows of the batch: write SELECT ... FROM input`,
		"SELECT id, price AS ID FROM input":     `SQL: the result has two columns named "ID"; name one otherwise with AS, or leave it out`,
		"SELECT id\nFORM input":                 `SQL at line 2, column 6: syntax error at or near "input"`,
		"DELETE FROM input":                     `SQL: a SELECT is wanted`,
		"SELECT CAST(1 AS BIT) b FROM input":    `SQL: column "b": its type has no place in a Delta table; cast it, for example CAST(x AS VARCHAR)`,
		"FROM input JOIN delta('x') USING (id)": `SQL at line 1, column 17: delta(...) cannot be used here`,
	} {
		o := New(Options{Query: query})
		_, err := o.Bind(ctx, shop)
		var e *sql.SQLError
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", query, err, want)
		}
	}
}

func TestErrorsOfRowsEndTheBatch(t *testing.T) {
	for _, query := range []string{"SELECT CAST(category AS INTEGER) AS n FROM input", "SELECT sum(CAST(category AS INTEGER)) AS n FROM input"} {
		o, _ := bind(t, Options{Query: query})
		if _, err := runBatch(o, sales(0, 10)); err == nil || !strings.Contains(err.Error(), "Could not convert string 'category 0' to INT32") {
			t.Error(err)
		}
	}
	o, _ := bind(t, Options{Query: "FROM input"})
	run, err := o.Begin(ctx, stream.BatchID{})
	if err != nil {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	if err := run.Process(ctx, sales(0, 10), func(rec arrow.RecordBatch) error { rec.Release(); return full }); !errors.Is(err, full) {
		t.Error(err)
	}
	run.Close()
	if got := mustRun(t, o, sales(0, 10)); len(got) != 10 {
		t.Error("the operator is lost:", got)
	}
}

func TestColumnsPassedOnKeepTheirNullability(t *testing.T) {
	for query, want := range map[string]string{
		"FROM input":                               "id",
		"SELECT *, 1 AS one FROM input":            "id",
		"SELECT price, i.ID AS key FROM input i":   "key",
		"SELECT id + 1 AS id FROM input":           "",
		"SELECT COLUMNS('i.*') FROM input":         "",
		"SELECT max(id) AS id FROM input":          "",
		"SELECT a.id FROM input a, range(3)":       "",
		"SELECT * REPLACE (NULL AS id) FROM input": "",
	} {
		_, out := bind(t, Options{Query: query})
		var got []string
		for _, f := range out.Fields() {
			if !f.Nullable {
				got = append(got, f.Name)
			}
		}
		if strings.Join(got, ",") != want {
			t.Errorf("%s: %v are not null", query, got)
		}
	}
}

// fakeTable is a static table in memory; its version is the number of its rows.
type fakeTable struct {
	rows  atomic.Int64
	scans atomic.Int64
	wide  atomic.Bool
}

type fakeVersion struct {
	table *fakeTable
	rows  int64
}

func (f *fakeTable) open(_ context.Context, ref sql.TableRef) (sql.TableSource, error) {
	if ref.Path != "names" {
		return nil, errors.New("no such table")
	}
	if ref.Version != nil {
		return fakeVersion{f, *ref.Version}, nil
	}
	return fakeVersion{f, f.rows.Load()}, nil
}

func (f fakeVersion) Version() int64 { return f.rows }

func (f fakeVersion) Schema() *arrow.Schema {
	fields := []arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "name", Type: arrow.BinaryTypes.String}}
	if f.table.wide.Load() {
		fields = append(fields, arrow.Field{Name: "more", Type: arrow.PrimitiveTypes.Int64})
	}
	return arrow.NewSchema(fields, nil)
}

func (f fakeVersion) Scan(_ context.Context, columns []string, _ predicate.Filter) iter.Seq2[arrow.RecordBatch, error] {
	f.table.scans.Add(1)
	return func(yield func(arrow.RecordBatch, error) bool) {
		for i := range f.rows {
			b := array.NewRecordBuilder(memory.DefaultAllocator, f.Schema())
			b.Field(0).(*array.Int64Builder).Append(i)
			b.Field(1).(*array.StringBuilder).Append(fmt.Sprint("name ", i, " of ", f.rows))
			if f.table.wide.Load() {
				b.Field(2).AppendNull()
			}
			if !yield(b.NewRecordBatch(), nil) {
				return
			}
		}
	}
}

func TestStaticTablesAreReadAnewOnlyWhenTheyHaveANewVersion(t *testing.T) {
	names := &fakeTable{}
	names.rows.Store(3)
	o, _ := bind(t, Options{Query: "SELECT i.id, n.name FROM input i JOIN delta('names') n ON i.id = n.id", OpenTable: names.open})
	chunks := []arrow.RecordBatch{sales(0, 100), sales(100, 100), sales(200, 100)}
	for _, tt := range []struct{ version, scans int64 }{{3, 1}, {3, 1}, {5, 2}, {5, 2}} {
		names.rows.Store(tt.version)
		got := mustRun(t, o, chunks...)
		if len(got) != int(tt.version) || got[0] != fmt.Sprintf(`id=0;name="name 0 of %d";`, tt.version) {
			t.Errorf("version %d: %v", tt.version, got)
		}
		if n := names.scans.Load(); n != tt.scans {
			t.Errorf("version %d: %d scans, want %d", tt.version, n, tt.scans)
		}
	}
}

func TestAVersionThatIsNamedStays(t *testing.T) {
	names := &fakeTable{}
	o, _ := bind(t, Options{Query: "SELECT n.name FROM input i JOIN delta('names', version => 1) n USING (id)", OpenTable: names.open})
	names.rows.Store(9)
	if got := mustRun(t, o, sales(0, 10)); len(got) != 1 || got[0] != `name="name 0 of 1";` {
		t.Error(got)
	}
}

func TestALargeStaticTableIsStreamedOncePerBatch(t *testing.T) {
	names := &fakeTable{}
	names.rows.Store(100)
	o, _ := bind(t, Options{Query: "SELECT i.id FROM input i JOIN delta('names') n ON i.id = n.id", OpenTable: names.open, StaticBytes: 1000})
	for batch := range 3 {
		before := names.scans.Load()
		if got := mustRun(t, o, sales(0, 50), sales(50, 50), sales(100, 50)); len(got) != 100 {
			t.Errorf("%d rows", len(got))
		}
		if n := names.scans.Load() - before; batch > 0 && n != 1 {
			t.Errorf("batch %d: %d scans", batch, n)
		}
	}
}

func TestAStaticTableMayBeReadTwiceByAQuery(t *testing.T) {
	names := &fakeTable{}
	names.rows.Store(20)
	for _, limit := range []int64{0, 500} {
		o, _ := bind(t, Options{Query: "SELECT i.id FROM input i JOIN delta('names') n ON i.id = n.id JOIN delta('names') m ON n.id = m.id", OpenTable: names.open, StaticBytes: limit})
		if got := mustRun(t, o, sales(0, 100)); len(got) != 20 {
			t.Error(got)
		}
	}
}

func TestAStaticTableThatChangesTheResultEndsTheQuery(t *testing.T) {
	names := &fakeTable{}
	o, _ := bind(t, Options{Query: "SELECT n.* FROM input i JOIN delta('names') n USING (id)", OpenTable: names.open})
	names.wide.Store(true)
	names.rows.Store(4)
	if _, err := runBatch(o, sales(0, 1)); err == nil || !strings.Contains(err.Error(), "a static table has changed its columns; start the query again") {
		t.Error(err)
	}
}

func TestStaticFilesAreJoinedOncePerBatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "names.csv")
	write, _ := bind(t, Options{Query: "SELECT count(*) AS n FROM input"})
	_ = write
	db, err := sql.Open(sql.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := db.Session()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Exec(ctx, "COPY (SELECT range AS id, 'n' || range AS name FROM range(5)) TO '"+path+"'"); err != nil {
		t.Fatal(err)
	}
	o, _ := bind(t, Options{Query: "SELECT id, name FROM input JOIN read_csv('" + path + "') USING (id)"})
	if got := mustRun(t, o, sales(0, 10), sales(0, 1)); len(got) != 6 || got[0] != `id=0;name="n0";` {
		t.Error(got)
	}
}

func TestCancellingEndsARun(t *testing.T) {
	o, _ := bind(t, Options{Query: "SELECT count(*) AS n FROM input a, input b, input c, input d"})
	run, err := o.Begin(ctx, stream.BatchID{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	if err := run.Process(ctx, sales(0, 10_000), nil); err != nil {
		t.Fatal(err)
	}
	stop := errors.New("stopped")
	c, cancel := context.WithCancelCause(ctx)
	go cancel(stop)
	if err := run.Finish(c, nil); !errors.Is(err, stop) {
		t.Error(err)
	}
}

// shopEvents are rows as the JSON decoder makes them, strings as dictionaries.
func shopEvents(b *testing.B, rows int) arrow.RecordBatch {
	db, err := sql.Open(sql.Options{TempDir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	s, err := db.Session()
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	query := fmt.Sprintf(`SELECT 'evt-' || i AS event_id, TIMESTAMPTZ '2024-01-01 00:00:00Z' + INTERVAL (i) SECOND AS timestamp, 'user_' || (i %% 5000) AS user_id,
		['view', 'cart', 'purchase'][1 + i %% 3] AS event_type, 'prod_' || (i %% 1000) AS product_id, 'some product name ' || (i %% 1000) AS product_name,
		'category ' || (i %% 20) AS category, (i %% 100000) / 100 AS price, CAST(i %% 7 AS INTEGER) AS quantity FROM range(%d) t(i)`, rows)
	for rec, err := range s.Query(ctx, query) {
		if err != nil {
			b.Fatal(err)
		}
		return rec
	}
	return nil
}

func BenchmarkFilterAndProjection(b *testing.B) {
	rec := shopEvents(b, 30_000)
	o := New(Options{Query: "SELECT *, CAST(timestamp AS DATE) AS date, price * quantity AS amount FROM input WHERE price >= 100", TempDir: b.TempDir()})
	if _, err := o.Bind(ctx, rec.Schema()); err != nil {
		b.Fatal(err)
	}
	defer o.Close()
	run, err := o.Begin(ctx, stream.BatchID{})
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := run.Process(ctx, rec, func(r arrow.RecordBatch) error { r.Release(); return nil }); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(rec.NumRows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
