package merge_test

import (
	"errors"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/table/expression"
)

const upsertUpdate, upsertInsert = "MATCHED THEN UPDATE SET *", "NOT MATCHED THEN INSERT *"

// of is a query of some values.
func of(columns, values string) string {
	return "SELECT * FROM (VALUES " + values + ") x(" + columns + ")"
}

func forBoth(t *testing.T, test func(t *testing.T, props map[string]string)) {
	t.Run("vectors", func(t *testing.T) { test(t, withVectors) })
	t.Run("rewrite", func(t *testing.T) { test(t, nil) })
}

func TestAnUpsertUpdatesWhatIsThereAndInsertsWhatIsNot(t *testing.T) {
	forBoth(t, func(t *testing.T, props map[string]string) {
		tab := create(t, "id BIGINT, v STRING", props)
		insert(t, tab, of("id, v", "(1::BIGINT, 'a'), (2, 'b'), (3, 'c')"))
		r := mustRun(t, tab, of("id, v", "(2::BIGINT, 'B'), (4, 'D')"), statement(t, "t.id = s.id", upsertUpdate, upsertInsert))
		expect(t, tab, `id=1;v="a";`, `id=2;v="B";`, `id=3;v="c";`, `id=4;v="D";`)
		if r.RowsInserted != 1 || r.RowsUpdated != 1 || r.SourceRows != 2 || r.RowsDeleted != 0 {
			t.Fatalf("%+v", r.Metrics)
		}
	})
}

func TestSeveralSourceRowsForOneRowAreAnError(t *testing.T) {
	tab := create(t, "id BIGINT, v STRING", withVectors)
	insert(t, tab, of("id, v", "(1::BIGINT, 'a')"))
	twice := of("id, v", "(1::BIGINT, 'x'), (1, 'y')")
	_, err := run(t, tab, twice, statement(t, "t.id = s.id", upsertUpdate, upsertInsert), options())
	if m := (*merge.MultipleMatchError)(nil); !errors.As(err, &m) {
		t.Fatal(err)
	}
	expect(t, tab, `id=1;v="a";`)
	mustRun(t, tab, twice, statement(t, "t.id = s.id", "MATCHED THEN DELETE"))
	expect(t, tab)
}

func TestASourceWithANameTwiceIsRefused(t *testing.T) {
	tab := create(t, "id BIGINT", nil)
	_, err := run(t, tab, "SELECT 1::BIGINT AS id, 2::BIGINT AS id_2", statement(t, "t.id = s.id", "MATCHED THEN DELETE"), options())
	if err != nil {
		t.Fatal(err)
	}
	s := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}, {Name: "ID", Type: arrow.PrimitiveTypes.Int64}}, nil)
	_, err = merge.Merge(t.Context(), tab, compiler, statement(t, "t.id = s.id", "MATCHED THEN DELETE"), s, batches(nil), options())
	if wrong := (*merge.StatementError)(nil); !errors.As(err, &wrong) {
		t.Fatal(err)
	}
}

// A programme may build clauses that no text can say.
func TestClausesThatNoTextCouldSayAreRefused(t *testing.T) {
	tab := create(t, "id BIGINT", nil)
	for _, c := range []expression.MergeClause{
		{When: "sometimes", Action: expression.MergeDelete},
		{When: expression.Matched, Action: expression.MergeInsertAll},
		{When: expression.NotMatched, Action: expression.MergeDelete},
		{When: expression.NotMatchedBySource, Action: expression.MergeUpdateAll},
		{When: expression.Matched, Action: expression.MergeUpdate},
		{When: expression.NotMatched, Action: expression.MergeInsert},
		{When: expression.Matched},
	} {
		_, err := run(t, tab, of("id", "(1::BIGINT)"), merge.Statement{On: "t.id = s.id", Clauses: []expression.MergeClause{c}}, options())
		if wrong := (*merge.StatementError)(nil); !errors.As(err, &wrong) {
			t.Fatalf("%+v: %v", c, err)
		}
	}
}
