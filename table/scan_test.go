package table

import (
	"context"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

// shop is a table of two partitions and three files.
func shop(t testing.TB) *Table {
	tab := create(t, "id BIGINT, name STRING, price DOUBLE, day STRING", "day")
	const columns = "id BIGINT, name STRING, price DOUBLE, day STRING"
	add(t, tab, columns, `[{"id":1,"name":"a","price":1,"day":"mon"},{"id":2,"name":"b","price":2,"day":"tue"}]`)
	add(t, tab, columns, `[{"id":3,"name":"c","price":3,"day":"mon"},{"id":4,"name":null,"price":4,"day":"mon"}]`)
	return tab
}

func compare(op predicate.Op, column string, v predicate.Value) predicate.Expr {
	return predicate.Comparison{Op: op, Path: []string{column}, Value: v}
}

func TestAScanReadsTheColumnsThatWereAskedFor(t *testing.T) {
	tab := shop(t)
	for _, c := range []struct {
		columns []string
		where   predicate.Expr
		want    []string
	}{
		{[]string{"name"}, nil, []string{`name="a";`, `name="b";`, `name="c";`, `name=null;`}},
		{[]string{"DAY", "id"}, compare(predicate.Gt, "id", predicate.Int(2)), []string{`day="mon";id=3;`, `day="mon";id=4;`}},
		{[]string{"id"}, compare(predicate.Eq, "day", predicate.String("tue")), []string{`id=2;`}},
		{[]string{"id"}, predicate.IsNotNull("name"), []string{`id=1;`, `id=2;`, `id=3;`}},
		{[]string{"day"}, nil, []string{`day="mon";`, `day="mon";`, `day="mon";`, `day="tue";`}},
		{[]string{"id"}, predicate.False, nil},
	} {
		o := ScanOptions{Columns: c.columns}
		if c.where != nil {
			o.Where = goFilter{c.where, tab.Schema()}
			if c.where == predicate.Expr(predicate.False) {
				o.Where = predicate.Advisory(c.where)
			}
		}
		expectRows(t, tab, o, c.want...)
	}
}

func TestAScanOfNoColumnsCountsRows(t *testing.T) {
	tab := shop(t)
	if n := countRows(t, tab); n != 4 {
		t.Errorf("%d rows", n)
	}
	var n int64
	for rec, err := range tab.Scan(t.Context(), ScanOptions{Columns: []string{}, Where: goFilter{compare(predicate.Ge, "id", predicate.Int(3)), tab.Schema()}}) {
		if err != nil {
			t.Fatal(err)
		}
		n += rec.NumRows()
		rec.Release()
	}
	if n != 2 {
		t.Errorf("%d rows", n)
	}
}

func TestAScanSkipsFiles(t *testing.T) {
	tab := shop(t)
	for _, c := range []struct {
		where   predicate.Expr
		skipped int64
	}{
		{compare(predicate.Eq, "day", predicate.String("tue")), 2},
		{compare(predicate.Gt, "id", predicate.Int(2)), 2},
		{predicate.And{compare(predicate.Eq, "day", predicate.String("mon")), compare(predicate.Lt, "price", predicate.Float(2))}, 2},
		{predicate.IsNull{Path: []string{"name"}}, 2},
		{compare(predicate.Eq, "name", predicate.String("zzz")), 3},
		{predicate.Unknown{}, 0},
		{nil, 0},
	} {
		var m ScanMetrics
		for rec, err := range tab.Scan(t.Context(), ScanOptions{Where: predicate.Advisory(c.where), Metrics: &m}) {
			if err != nil {
				t.Fatal(err)
			}
			rec.Release()
		}
		if m.Files.Load() != 3 || m.FilesSkipped.Load() != c.skipped {
			t.Errorf("%v: %d of %d files skipped, want %d", c.where, m.FilesSkipped.Load(), m.Files.Load(), c.skipped)
		}
	}
}

func TestAScanByOneReaderKeepsTheOrder(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT")
	w := begin(t, tab, WriteOptions{Parallelism: 1})
	write(t, w, numbers(0, 5000, 1))
	commit(t, w)
	next := int64(0)
	for rec, err := range tab.Scan(t.Context(), ScanOptions{Parallelism: 1, BatchSize: 700}) {
		if err != nil {
			t.Fatal(err)
		}
		if rec.NumRows() > 700 {
			t.Errorf("a batch of %d rows", rec.NumRows())
		}
		for i := range int(rec.NumRows()) {
			if got := rec.Column(0).(*array.Int64).Value(i); got != next {
				t.Fatalf("got %d, want %d", got, next)
			}
			next++
		}
		rec.Release()
	}
	if next != 5000 {
		t.Errorf("%d rows", next)
	}
}

func TestAScanMayBeLeftEarly(t *testing.T) {
	tab := create(t, "id BIGINT, p BIGINT", "p")
	w := begin(t, tab, WriteOptions{})
	write(t, w, numbers(0, 5000, 20))
	commit(t, w)
	for _, parallelism := range []int{1, 4} {
		for rec, err := range tab.Scan(t.Context(), ScanOptions{Parallelism: parallelism, BatchSize: 10}) {
			if err != nil {
				t.Fatal(err)
			}
			rec.Release()
			break
		}
	}
}

func TestAScanEndsWithItsContext(t *testing.T) {
	tab := shop(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, parallelism := range []int{1, 4} {
		if _, err := collect(tab.Scan(ctx, ScanOptions{Parallelism: parallelism})); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	}
}

func TestAScanOfUnknownColumnsIsRefused(t *testing.T) {
	tab := shop(t)
	var absent *ColumnNotFoundError
	if _, err := collect(tab.Scan(t.Context(), ScanOptions{Columns: []string{"nope"}})); !errors.As(err, &absent) || !strings.Contains(err.Error(), "price") {
		t.Errorf("%v", err)
	}
	if _, err := tab.ScanSchema(ScanOptions{Columns: []string{"nope"}}); !errors.As(err, &absent) {
		t.Errorf("%v", err)
	}
}

func TestAMissingFileIsNamed(t *testing.T) {
	tab := shop(t)
	gone := dataFiles(t, tab)[0]
	if err := tab.Store().Delete(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	for _, parallelism := range []int{1, 4} {
		_, err := collect(tab.Scan(t.Context(), ScanOptions{Parallelism: parallelism}))
		var missing *MissingFileError
		if !errors.As(err, &missing) || !strings.Contains(err.Error(), gone) || !strings.Contains(err.Error(), "VACUUM") || !errors.Is(err, objstore.ErrNotExist) {
			t.Errorf("%v", err)
		}
	}
}

// brokenFilter fails on every batch.
type brokenFilter struct{ predicate.Filter }

var errBroken = errors.New("broken")

func (brokenFilter) Eval(context.Context, arrow.RecordBatch) (*array.Boolean, error) {
	return nil, errBroken
}

func TestAScanGivesTheErrorOfItsFilter(t *testing.T) {
	tab := shop(t)
	for _, parallelism := range []int{1, 4} {
		if _, err := collect(tab.Scan(t.Context(), ScanOptions{Where: brokenFilter{predicate.Advisory(nil)}, Parallelism: parallelism})); !errors.Is(err, errBroken) {
			t.Errorf("%v", err)
		}
	}
}

// addElsewhere makes the only file of from part of a table by its absolute path.
func addElsewhere(t *testing.T, from *Table, path func(key string) string, opts ...Option) *Table {
	t.Helper()
	to := createIn(t, mem.New(), CreateOptions{Schema: from.Schema()})
	return addPath(t, from, to, path, opts...)
}

func addPath(t *testing.T, from, to *Table, path func(key string) string, opts ...Option) *Table {
	t.Helper()
	tx := to.Snapshot().Begin(txlog.Operation{Name: "CLONE"})
	for add, err := range from.Snapshot().Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		clone := *add
		clone.Path = path(add.Path)
		tx.Stage(action.Action(&clone))
	}
	if _, err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	out, err := Open(t.Context(), to.Store(), slices.Concat(options(), opts)...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestFilesOutsideOfTheTableAreRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a dir")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	store, err := local.New(dir)
	if err != nil {
		t.Fatal(err)
	}
	from := createIn(t, store, CreateOptions{Schema: ddl(t, "id BIGINT")})
	add(t, from, "id BIGINT", `[{"id":1}]`)
	encoded := strings.ReplaceAll(dir, " ", "%20")
	for name, path := range map[string]func(string) string{
		"a file URL":            func(key string) string { return "file://" + encoded + "/" + key },
		"a file URL, as Java's": func(key string) string { return "file:" + encoded + "/" + key },
		"a path":                func(key string) string { return encoded + "/" + key },
	} {
		t.Run(name, func(t *testing.T) { expectRows(t, addElsewhere(t, from, path), ScanOptions{}, "id=1;") })
	}
	t.Run("an absolute path into the table itself", func(t *testing.T) {
		self := reopen(t, from)
		self = addPath(t, from, self, func(key string) string { return "file://" + encoded + "/./" + key })
		expectRows(t, self, ScanOptions{}, "id=1;", "id=1;")
	})
	t.Run("another store", func(t *testing.T) {
		other := WithOtherStores(func(_ context.Context, url string) (objstore.Store, string, error) {
			return store, strings.TrimPrefix(url, "s3://lake/t/"), nil
		})
		tab := addElsewhere(t, from, func(key string) string { return "s3a://lake/t/" + key }, other)
		if _, err := collect(tab.Scan(t.Context(), ScanOptions{})); err != nil {
			t.Error(err)
		}
	})
	t.Run("a store that nobody can reach", func(t *testing.T) {
		var foreign *ForeignFileError
		tab := addElsewhere(t, from, func(key string) string { return "s3://lake/t/" + key })
		if _, err := collect(tab.Scan(t.Context(), ScanOptions{})); !errors.As(err, &foreign) {
			t.Errorf("%v", err)
		}
	})
}

func TestStatisticsOfCheckpointsSkipFiles(t *testing.T) {
	for name, props := range map[string]map[string]string{
		"as JSON":   {"delta.checkpointInterval": "1"},
		"as struct": {"delta.checkpointInterval": "1", "delta.checkpoint.writeStatsAsJson": "false", "delta.checkpoint.writeStatsAsStruct": "true"},
	} {
		t.Run(name, func(t *testing.T) {
			tab := createIn(t, mem.New(), CreateOptions{Schema: ddl(t, "id BIGINT, at TIMESTAMP, d DECIMAL(10,2), name STRING"), Properties: props})
			for _, rows := range []string{`[{"id":1,"at":"2026-01-01T00:00:00Z","d":"1.50","name":"a"}]`, `[{"id":2,"at":"2026-01-02T00:00:00Z","d":"2.50","name":"b"}]`} {
				c := add(t, tab, "id BIGINT, at TIMESTAMP, d DECIMAL(10,2), name STRING", rows)
				for _, h := range c.Due {
					if err := h.Run(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
			for _, where := range []predicate.Expr{
				compare(predicate.Gt, "id", predicate.Int(1)), compare(predicate.Gt, "at", predicate.Timestamp(1767312000000000)),
				compare(predicate.Ge, "d", predicate.Decimal(big.NewInt(250), 2)), compare(predicate.Eq, "name", predicate.String("b")),
			} {
				var m ScanMetrics
				for rec, err := range reopen(t, tab).Scan(t.Context(), ScanOptions{Where: predicate.Advisory(where), Metrics: &m}) {
					if err != nil {
						t.Fatal(err)
					}
					rec.Release()
				}
				if m.FilesSkipped.Load() != 1 {
					t.Errorf("%s: %d files skipped", where, m.FilesSkipped.Load())
				}
			}
		})
	}
}
