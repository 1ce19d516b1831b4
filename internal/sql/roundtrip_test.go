package sql

import (
	"context"
	"math/rand"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
)

var mem = memory.DefaultAllocator

// randomBatch has columns of every type that a Delta table can hold.
func randomBatch(t tester, r *rand.Rand, rows int) arrow.RecordBatch {
	t.Helper()
	s, err := arrowmap.ToArrow(arrowtest.Schema(r, 6, 2))
	if err != nil {
		t.Fatal(err)
	}
	return arrowtest.Batch(r, s, rows)
}

// disguised holds the rows of rec in another form: its strings as dictionaries, in slices, with empty batches between.
func disguised(r *rand.Rand, rec arrow.RecordBatch) []arrow.RecordBatch {
	var out []arrow.RecordBatch
	for from := int64(0); from <= rec.NumRows(); {
		to := min(rec.NumRows(), from+int64(r.Intn(1500)))
		part := rec.NewSlice(from, to)
		cols := slices.Clone(part.Columns())
		fields := slices.Clone(part.Schema().Fields())
		for i, c := range cols {
			switch c.DataType().ID() {
			case arrow.STRING, arrow.BINARY:
				if r.Intn(2) == 0 {
					cols[i] = arrowtest.Dictionary(r, c)
					fields[i].Type = cols[i].DataType()
				}
			}
		}
		out = append(out, array.NewRecordBatch(arrow.NewSchema(fields, nil), cols, to-from))
		if to == rec.NumRows() {
			break
		}
		from = to
	}
	return out
}

func TestRowsOfEveryTypeComeBackAsTheyWent(t *testing.T) {
	s := newSession(t, Options{})
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		rec := randomBatch(t, r, rapid.SampledFrom([]int{0, 1, 10, 50, 100, 200, 2049}).Draw(t, "rows"))
		rel, err := s.Register(context.Background(), "input", rec.Schema())
		if err != nil {
			t.Fatal(err)
		}
		defer rel.Close()
		if err := rel.Set(disguised(r, rec)...); err != nil {
			t.Fatal(err)
		}
		if got, want := rowsOf(t, s, "SELECT * FROM input"), arrowtest.Rows(rec); !slices.Equal(got, want) {
			for i := range want {
				if i >= len(got) || got[i] != want[i] {
					t.Fatalf("row %d of %v:\ngot  %v\nwant %s", i, rec.Schema(), got[i:min(i+1, len(got))], want[i])
				}
			}
			t.Fatalf("%d rows, want %d", len(got), len(want))
		}
		schema, err := s.Describe(context.Background(), "FROM input")
		if err != nil {
			t.Fatal(err)
		}
		for i, f := range schema.Fields() {
			if want := rec.Schema().Field(i); f.Name != want.Name || f.Type.ID() != want.Type.ID() {
				t.Fatalf("column %v, want %v", f, want)
			}
		}
	})
}

func TestLongListsAndDeepNullsComeBackAsTheyWent(t *testing.T) {
	s := newSession(t, Options{})
	build := batchOf(t, s, `SELECT i, CASE WHEN i % 7 > 0 THEN list_transform(range(i % 300), x -> CASE WHEN x % 3 > 0 THEN x END) END AS l,
		CASE WHEN i % 3 > 0 THEN {'a': CASE WHEN i % 2 > 0 THEN {'b': 'deep ' || i} END, 'm': MAP {'k': [i, NULL]}} END AS s FROM range(3000) t(i)`)
	register(t, s, "input", build)
	got := arrowtest.Rows(batchOf(t, s, "SELECT * FROM input ORDER BY i"))
	if want := arrowtest.Rows(build); !slices.Equal(got, want) {
		t.Errorf("differs from %s on", want[slices.IndexFunc(want, func(s string) bool { return !slices.Contains(got, s) })])
	}
	for query, want := range map[string]string{
		"SELECT count(*) AS n FROM input WHERE s IS NULL AND s.a.b IS NOT NULL": "n=0;",
		"SELECT count(s.a.b) AS n FROM input":                                   "n=1000;",
		"SELECT CAST(sum(len(l)) AS BIGINT) AS n FROM input":                    batchText(t, s, "SELECT CAST(sum(i % 300) AS BIGINT) AS n FROM range(3000) t(i) WHERE i % 7 > 0"),
	} {
		if got := rowsOf(t, s, query)[0]; got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

func batchText(t tester, s *Session, query string) string { return rowsOf(t, s, query)[0] }

func TestRowsWithoutColumnsAreCounted(t *testing.T) {
	s := newSession(t, Options{})
	register(t, s, "input", array.NewRecordBatch(arrow.NewSchema(nil, nil), nil, 5000))
	if got := rowsOf(t, s, "SELECT count(*) AS n FROM input"); got[0] != "n=5000;" {
		t.Error(got)
	}
}

func TestFieldsOfNullStructsAreNull(t *testing.T) {
	// Arrow may keep values below a null.
	field := array.NewInt64Data(array.NewData(arrow.PrimitiveTypes.Int64, 2, []*memory.Buffer{nil, memory.NewBufferBytes(arrow.Int64Traits.CastToBytes([]int64{7, 8}))}, nil, 0, 0))
	st := array.NewStructData(array.NewData(arrow.StructOf(arrow.Field{Name: "f", Type: arrow.PrimitiveTypes.Int64}), 2,
		[]*memory.Buffer{memory.NewBufferBytes([]byte{0b01})}, []arrow.ArrayData{field.Data()}, 1, 0))
	s := newSession(t, Options{})
	register(t, s, "input", array.NewRecordBatch(arrow.NewSchema([]arrow.Field{{Name: "s", Type: st.DataType(), Nullable: true}}, nil), []arrow.Array{st}, 2))
	if got := rowsOf(t, s, "SELECT s.f AS f FROM input"); !slices.Equal(got, []string{"f=7;", "f=null;"}) {
		t.Error(got)
	}
}

func TestBatchesOfAnotherSchemaAreRefused(t *testing.T) {
	s := newSession(t, Options{})
	rel := register(t, s, "input", batchOf(t, s, "SELECT 1 AS a, 'x' AS b"))
	for _, query := range []string{"SELECT 1 AS a", "SELECT 'x' AS a, 'x' AS b"} {
		if err := rel.Set(batchOf(t, s, query)); err == nil {
			t.Errorf("%s was taken", query)
		}
	}
	if got := rowsOf(t, s, "FROM input"); len(got) != 1 {
		t.Error("the rows before are gone")
	}
}

func TestTypesWithoutSQLAreRefusedByName(t *testing.T) {
	s := newSession(t, Options{})
	_, err := s.Register(context.Background(), "input", arrow.NewSchema([]arrow.Field{{Name: "d", Type: arrow.FixedWidthTypes.Duration_s}}, nil))
	if err == nil || err.Error() != `column "d" of input: arrow type duration[s] has no SQL type` {
		t.Error(err)
	}
}
