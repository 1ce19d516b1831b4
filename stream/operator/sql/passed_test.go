package sql

import (
	"fmt"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
)

func TestColumnsThatArePassedOnGiveTheSameRowsAsTheWholeQuery(t *testing.T) {
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
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		schema, err := arrowmap.ToArrow(arrowtest.Schema(r, 5, 2))
		if err != nil {
			t.Fatal(err)
		}
		plain := arrowtest.Batch(r, schema, rapid.SampledFrom([]int{0, 1, 50, 300}).Draw(t, "rows"))
		query := "SELECT " + rapid.SampledFrom([]string{"*", "c0", "c0 AS x, c0 AS y", "*, 1 AS one", "hash(c0) % 7 AS h, *", "c0 IS NULL AS no, i.c0 AS x, 2.5e0 * 2 AS f"}).Draw(t, "list") +
			" FROM input i" + rapid.SampledFrom([]string{"", " WHERE hash(c0) % 3 > 0", " WHERE c0 IS NOT NULL", " WHERE FALSE"}).Draw(t, "where")
		rel, err := s.Register(ctx, input, schema)
		if err != nil {
			t.Fatal(err)
		}
		defer rel.Close()
		if err := rel.Set(plain); err != nil {
			t.Fatal(err)
		}
		var want []string
		for rec, err := range s.Query(ctx, query) {
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, arrowtest.Rows(rec)...)
		}
		o := New(Options{Query: query, TempDir: dir})
		if _, err := o.Bind(ctx, schema); err != nil {
			t.Fatal(err)
		}
		defer o.Close()
		if o.computed == nil {
			t.Fatalf("%s is not cut", query)
		}
		got, err := runBatch(o, plain)
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%s: %v\ngot  %.3q\nwant %.3q", query, err, got, want)
		}
	})
}

func TestDictionariesArePassedOnAsTheyAre(t *testing.T) {
	o, out := bind(t, Options{Query: "SELECT category, id FROM input WHERE id % 2 = 0 OR id < 10"})
	rec := sales(0, 100)
	cols := slices.Clone(rec.Columns())
	cols[1] = arrowtest.Dictionary(rand.New(rand.NewSource(1)), cols[1])
	fields := slices.Clone(shop.Fields())
	fields[1].Type = cols[1].DataType()
	run, err := o.Begin(ctx, stream.BatchID{})
	if err != nil {
		t.Fatal(err)
	}
	defer run.Close()
	err = run.Process(ctx, array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, 100), func(rec arrow.RecordBatch) error {
		d, ok := rec.Column(0).(*array.Dictionary)
		if !ok || d.Dictionary() != cols[1].(*array.Dictionary).Dictionary() && d.Dictionary().Len() == 0 {
			t.Errorf("category is %v", rec.Column(0).DataType())
		}
		if rec.NumRows() != 55 || d.Dictionary().(*array.String).Value(d.GetValueIndex(54)) != "category 8" {
			t.Errorf("%d rows", rec.NumRows())
		}
		rec.Release()
		return nil
	})
	if err != nil || out.Field(0).Type.ID() != arrow.STRING {
		t.Error(err, out)
	}
}

func TestQueriesThatCannotBeCutRunWhole(t *testing.T) {
	for query, want := range map[string]string{
		"SELECT id AS k, k + 1 AS l FROM input WHERE id < 3":                    "k=0;l=1;",  // k is a name within the query
		"SELECT id, unnest([1, 2]) AS u FROM input WHERE id < 3":                "id=0;u=1;", // more rows
		"SELECT id, l.x FROM input, unnest([1, 2]) l(x) WHERE id < 3":           "id=0;x=1;", // a join
		"SELECT id FROM (SELECT id FROM input WHERE id < 3)":                    "id=0;",     // a subquery
		"SELECT id + 1 AS n FROM input WHERE id < 3":                            "n=1;",      // nothing is passed on
		"SELECT * EXCLUDE (price, category) FROM input WHERE id < 3":            "id=0;",     // which columns?
		"SELECT id, (SELECT count(*) FROM range(2)) AS n FROM input WHERE id=0": "id=0;n=2;", // this one can
	} {
		o, _ := bind(t, Options{Query: query})
		if cut := o.computed != nil; cut != strings.Contains(query, "range(2)") {
			t.Errorf("%s: cut %v", query, cut)
		}
		if got := mustRun(t, o, sales(0, 100)); len(got) == 0 || got[0] != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
}

func TestTheNumberOfARowIsNoColumnOfTheInput(t *testing.T) {
	o := New(Options{Query: fmt.Sprintf("SELECT id, %s FROM input", rowNumber), TempDir: t.TempDir()})
	if _, err := o.Bind(ctx, shop); err == nil || !strings.Contains(err.Error(), "no column") {
		t.Error(err)
	}
}
