package table

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table/predicate"
)

func TestATableIsMadeWithItsRowsInOneCommit(t *testing.T) {
	for name, o := range map[string]CreateOptions{
		"plain":          {},
		"partitioned":    {PartitionBy: []string{"DAY"}},
		"clustered":      {ClusterBy: [][]string{{"id"}}},
		"mapped":         {Properties: map[string]string{"delta.columnMapping.mode": "name"}},
		"rows tracked":   {Properties: map[string]string{"delta.enableRowTracking": "true", "delta.enableInCommitTimestamps": "true"}},
		"with a feed":    {Properties: map[string]string{"delta.enableChangeDataFeed": "true"}},
		"with deletions": {Properties: map[string]string{"delta.enableDeletionVectors": "true"}},
	} {
		t.Run(name, func(t *testing.T) {
			store := mem.New()
			o.Schema = ddl(t, "id BIGINT, Day STRING")
			rows := jsonRows(t, o.Schema, `[{"id":1,"Day":"a"},{"id":2,"Day":"b"}]`)
			tab, c, err := CreateWith(t.Context(), store, o, Batches(rows), NewRows{AppendOptions: AppendOptions{CommitOptions: CommitOptions{Txns: []Txn{{AppID: "x", Version: 7}}}}}, options()...)
			if err != nil {
				t.Fatal(err)
			}
			if tab.Version() != 0 || c.Version != 0 || c.Rows != 2 {
				t.Fatalf("%+v", c)
			}
			tab = reopen(t, tab)
			if v, _ := tab.Snapshot().Txn("x"); v != 7 || tab.Version() != 0 {
				t.Errorf("txn %d at version %d", v, tab.Version())
			}
			expectRows(t, tab, ScanOptions{}, `id=1;Day="a";`, `id=2;Day="b";`)
			add(t, tab, "id BIGINT, Day STRING", `[{"id":3,"Day":"b"}]`)
			if tab.Version() != 1 {
				t.Errorf("version %d", tab.Version())
			}
			for h, err := range tab.History(t.Context(), 0) {
				if err != nil || h.Operation != "WRITE" {
					t.Errorf("%+v, %v", h, err)
				}
			}
		})
	}
}

func TestATableOfNoRowsIsMadeEmpty(t *testing.T) {
	tab, c, err := CreateWith(t.Context(), mem.New(), CreateOptions{Schema: ddl(t, "id BIGINT")}, Batches(), NewRows{}, options()...)
	if err != nil || c.Attempts != 1 || tab.Version() != 0 {
		t.Fatal(c, err)
	}
	expectRows(t, tab, ScanOptions{})
}

func TestIdentityColumnsOfRowsThatMakeATableGoOnAfterThem(t *testing.T) {
	o := CreateOptions{Schema: ddl(t, "n BIGINT GENERATED ALWAYS AS IDENTITY, id BIGINT")}
	tab, _, err := CreateWith(t.Context(), mem.New(), o, Batches(jsonRows(t, ddl(t, "id BIGINT"), `[{"id":5},{"id":6}]`)), NewRows{}, options()...)
	if err != nil {
		t.Fatal(err)
	}
	add(t, tab, "id BIGINT", `[{"id":7}]`)
	expectRows(t, tab, ScanOptions{}, "n=1;id=5;", "n=2;id=6;", "n=3;id=7;")
}

// endsWith is a sequence of batches that ends with an error.
func endsWith(end error, recs ...arrow.RecordBatch) iter.Seq2[arrow.RecordBatch, error] {
	return func(yield func(arrow.RecordBatch, error) bool) {
		for rec, err := range Batches(recs...) {
			if !yield(rec, err) {
				return
			}
		}
		yield(nil, end)
	}
}

func TestNothingIsLeftOfATableThatCannotBeMadeWithItsRows(t *testing.T) {
	s := ddl(t, "id BIGINT")
	broken, outside := errors.New("the source broke"), errors.New("outside")
	small := WriteOptions{TargetFileSize: 1} // a file for each batch
	o := CreateOptions{Schema: s}
	rows := func() []arrow.RecordBatch {
		return []arrow.RecordBatch{jsonRows(t, s, `[{"id":1}]`), jsonRows(t, s, `[{"id":9}]`)}
	}
	below5 := goFilter{expr: compare(predicate.Lt, "id", predicate.Int(5)), schema: s}
	for name, c := range map[string]struct {
		in   iter.Seq2[arrow.RecordBatch, error]
		with NewRows
		want error
	}{
		"the source fails":    {endsWith(broken, rows()...), NewRows{AppendOptions: AppendOptions{WriteOptions: small}}, broken},
		"a row is not wanted": {Batches(rows()...), NewRows{AppendOptions: AppendOptions{WriteOptions: small}, Only: below5, Violated: func(int64) error { return outside }}, outside},
	} {
		t.Run(name, func(t *testing.T) {
			store := mem.New()
			if _, _, err := CreateWith(t.Context(), store, o, c.in, c.with, options()...); !errors.Is(err, c.want) {
				t.Fatal(err)
			}
			expectNothing(t, store)
		})
	}
}

func expectNothing(t *testing.T, store *mem.Store) {
	t.Helper()
	for info, err := range store.List(t.Context(), "", "") {
		t.Errorf("%s is left, %v", info.Key, err)
	}
}

func TestOfTwoThatMakeATableWithRowsOneIsTold(t *testing.T) {
	store := mem.New()
	s := ddl(t, "id BIGINT")
	// While the rows are taken another writer makes the table.
	in := func(yield func(arrow.RecordBatch, error) bool) {
		createIn(t, store, CreateOptions{Schema: s})
		yield(jsonRows(t, s, `[{"id":1}]`), nil)
	}
	var overtaken *OvertakenError
	if _, _, err := CreateWith(t.Context(), store, CreateOptions{Schema: s}, in, NewRows{}, options()...); !errors.As(err, &overtaken) || !overtaken.Retryable() {
		t.Fatal(err)
	}
	tab, err := Open(t.Context(), store, options()...)
	if err != nil {
		t.Fatal(err)
	}
	if files := dataFiles(t, tab); !slices.Equal(files, nil) || tab.Version() != 0 {
		t.Error(files, tab.Version())
	}
	var exists *ExistsError
	if _, _, err := CreateWith(t.Context(), store, CreateOptions{Schema: s}, Batches(), NewRows{}, options()...); !errors.As(err, &exists) {
		t.Error(fmt.Errorf("%w", err))
	}
}
