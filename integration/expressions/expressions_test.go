//go:build integration

package expressions

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/internal/sql/spark"
	"github.com/ingestd/ingestd/table/expression"
)

var (
	seed  = flag.Uint64("seed", 20261123, "of the expressions")
	count = flag.Int("expressions", cmp.Or(number(os.Getenv("INGESTD_EXPRESSIONS")), 300), "how many; INGESTD_EXPRESSIONS says it too")
)

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// crashes are signs that Spark did not refuse an expression or its values, but stumbled: it has said nothing then.
var crashes = []string{"INTERNAL_ERROR", "NullPointerException", "CompileException", "CompileError", "IndexOutOfBoundsException", "ClassCastException", "MatchError", "AssertionError", "assertion failed"}

func crashed(message string) bool {
	return slices.ContainsFunc(crashes, func(sign string) bool { return strings.Contains(message, sign) })
}

// rows are what the expressions are over: plain ones, at which few fail, and odd ones.
var rows = map[string]string{
	"plain": `VALUES (1, 2, 42, 9000, 1.5, -2.5, 12.345, 7.5, 'Hello', '12', 'ab', TRUE, DATE '2024-02-29', TIMESTAMPTZ '2024-02-29 13:14:15.678901+00', TIMESTAMP '2023-12-31 23:59:59.5'),
		(3, 5, -8, 77, 0.25, 8.125, -1.5, 2.00001, 'a%b', '-3', 'xyz', FALSE, DATE '2023-01-01', TIMESTAMPTZ '2020-06-15 00:00:00+00', TIMESTAMP '2024-07-01 12:30:00'),
		(-7, 9, 1, 5, 2.0, 100.0, 99.999, -0.5, 'lower case', '7', '', TRUE, DATE '1999-12-31', TIMESTAMPTZ '1999-12-31 23:59:59.999999+00', TIMESTAMP '2000-02-29 00:00:00')`,
	"null": `VALUES (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
	"odd": `VALUES (127, -32768, -2147483648, 9223372036854775807, 3.4028234e38, 1e300, 9999999.999, 123456789012345.12345, 'ÉÀß日本', ' 1.5e3 ', 'q', NULL, DATE '0001-01-01', TIMESTAMPTZ '1969-12-31 23:59:59.999999+00', TIMESTAMP '1582-10-15 00:00:00'),
		(0, 0, 0, 0, -0.0, 'NaN', 0, 0, '', '', '', FALSE, DATE '9999-12-31', TIMESTAMPTZ '9999-12-31 00:00:00+00', TIMESTAMP '1900-01-01 00:00:00')`,
	"zero": `VALUES (0, 0, 0, -1, 0.0, 0.0, 0, 0, ' x ', 'true', '', FALSE, DATE '1970-01-01', TIMESTAMPTZ '1970-01-01 00:00:00+00', TIMESTAMP '1970-01-01 00:00:00')`,
}

const typed = `SELECT CAST(t AS TINYINT) AS t, CAST(sh AS SMALLINT) AS sh, CAST(i AS INTEGER) AS i, CAST(l AS BIGINT) AS l, CAST(f AS FLOAT) AS f, CAST(d AS DOUBLE) AS d,
	CAST(dec AS DECIMAL(10, 3)) AS dec, CAST(wide AS DECIMAL(20, 5)) AS wide, CAST(s AS VARCHAR) AS s, CAST(num AS VARCHAR) AS num, CAST(bin AS BLOB) AS bin, CAST(flag AS BOOLEAN) AS flag,
	CAST(day AS DATE) AS day, CAST(ts AS TIMESTAMPTZ) AS ts, CAST(ntz AS TIMESTAMP) AS ntz FROM (%s) x(t, sh, i, l, f, d, dec, wide, s, num, bin, flag, day, ts, ntz)`

// answer is what an expression is over a group of rows.
type answer struct {
	Type   string   `json:"type"`
	Values []string `json:"values"`
	Error  string   `json:"error"`
}

// sparkSays evaluates all expressions over a file, several at a time where they all have values.
// Of two files the rows are those with the same r, side by side.
const sparkSays = `
from pyspark.sql.functions import expr
df = spark.read.parquet(path)
if other:
    df = df.alias("a").join(spark.read.parquet(other).alias("b"), expr("a.r = b.r")).sort("a.r")
df = df.cache()
def one(e):
    try:
        q = df.coalesce(1).selectExpr("(" + e + ") AS x")
        a = q.toArrow()
        return {"type": q.schema[0].dataType.simpleString(), "values": canon.column(a.column(0)), "error": ""}
    except Exception as x:
        return {"type": "", "values": [], "error": str(x)[:300] or "error"}
def some(es):
    if len(es) == 1:
        return [one(es[0])]
    try:
        q = df.coalesce(1).selectExpr(*["(" + e + ") AS x%d" % i for i, e in enumerate(es)])
        a = q.toArrow()
        return [{"type": q.schema[i].dataType.simpleString(), "values": canon.column(a.column(i)), "error": ""} for i in range(len(es))]
    except Exception:
        h = len(es) // 2
        return some(es[:h]) + some(es[h:])
result = []
for i in range(0, len(exprs), 16):
    result += some(exprs[i:i+16])
`

func TestRandomExpressionsMeanWhatTheyMeanInSpark(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(*seed, 1))}
	var exprs []string
	for range *count {
		exprs = append(exprs, g.expr(g.pick("num", "int", "str", "bool", "date", "ts"), 1+g.IntN(3)))
	}
	c := sql.NewCompiler(sql.Options{}, nil)
	defer func() { _ = c.Close() }()
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "rows.parquet")
			rec := write(t, path, fmt.Sprintf(typed, rows[name]))
			defer rec.Release()
			judge(t, c, exprs, rec, path, "")
		})
	}
}

func TestRandomExpressionsOverTwoRelationsMeanWhatTheyMeanInSpark(t *testing.T) {
	g := generator{rand.New(rand.NewPCG(*seed, 2))}
	var exprs []string
	for range *count / 2 {
		exprs = append(exprs, g.qualified(g.expr(g.pick("num", "int", "str", "bool", "date", "ts"), 1+g.IntN(3))))
	}
	c := sql.NewCompiler(sql.Options{}, nil)
	defer func() { _ = c.Close() }()
	var relations []expression.Relation
	var columns []arrow.Array
	var paths []string
	for i, name := range []string{"a", "b"} {
		path := filepath.Join(t.TempDir(), name+".parquet")
		r := []string{"row_number() OVER ()", "4 - row_number() OVER ()"}[i] // the rows of b are the other way round
		rec := write(t, path, fmt.Sprintf("SELECT *, "+r+" AS r FROM ("+typed+") ORDER BY r", rows["plain"]))
		defer rec.Release()
		relations = append(relations, expression.Relation{Names: []string{name}, Schema: rec.Schema()})
		columns, paths = append(columns, rec.Columns()...), append(paths, path)
	}
	rec := array.NewRecordBatch(expression.Join(relations...), columns, int64(columns[0].Len()))
	defer rec.Release()
	judge(t, c, exprs, rec, paths[0], paths[1])
}

// judge compares those expressions over rec that are not refused with Spark's over the rows of a file, or of two.
func judge(t *testing.T, c *sql.Compiler, exprs []string, rec arrow.RecordBatch, path, other string) {
	t.Helper()
	kept, ours := answers(t, c, exprs, rec)
	var theirs []answer
	if err := parts.Spark(t).Exec(t.Context(), sparkSays, map[string]any{"path": path, "other": other, "exprs": kept}, &theirs); err != nil {
		t.Fatal(err)
	}
	compare(t, kept, ours, theirs)
	t.Logf("%d of %d expressions were not refused", len(kept), len(exprs))
	if len(kept) < len(exprs)/3 {
		t.Error("most are refused: they do not test much")
	}
}

// write makes a file of a query's rows, and gives them.
func write(t *testing.T, path, query string) (rec arrow.RecordBatch) {
	t.Helper()
	err := sql.WithSession(sql.Options{}, func(s *sql.Session) error {
		if err := s.Exec(t.Context(), "COPY ("+query+") TO "+sql.Literal(path)); err != nil {
			return err
		}
		for b, err := range s.Query(t.Context(), "FROM "+sql.Literal(path)) {
			if err != nil {
				return err
			}
			rec = b
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// answers evaluates those expressions that are not refused.
func answers(t *testing.T, c *sql.Compiler, exprs []string, rec arrow.RecordBatch) (kept []string, out []answer) {
	t.Helper()
	for _, e := range exprs {
		a, err := evaluate(t.Context(), c, e, rec)
		var bad *expression.ValueError
		switch {
		case errors.As(err, &bad):
			a.Error = bad.Reason
		case err != nil:
			continue
		}
		kept, out = append(kept, e), append(out, a)
	}
	return kept, out
}

func evaluate(ctx context.Context, c *sql.Compiler, expr string, rec arrow.RecordBatch) (a answer, err error) {
	e, err := spark.Translate(expr, rec.Schema(), spark.Options{})
	if err != nil {
		return a, err
	}
	if e.Type.ID() == arrow.NULL {
		return a, errors.New("only NULL")
	}
	a.Type = strings.ToLower(spark.TypeName(e.Type))
	out := arrow.NewSchema([]arrow.Field{{Name: "x", Type: e.Type, Nullable: true}}, nil)
	p, err := c.Project(ctx, []string{expr}, rec.Schema(), out)
	if err != nil {
		return a, err
	}
	defer func() { _ = p.Close() }()
	got, err := p.Apply(ctx, rec)
	if err != nil {
		return a, err
	}
	defer got.Release()
	for i := range rec.NumRows() {
		one := got.NewSlice(i, i+1)
		a.Values = append(a.Values, parts.Canon(got.Schema(), one).Rows[0][0])
		one.Release()
	}
	return a, nil
}

func compare(t *testing.T, exprs []string, ours, theirs []answer) {
	t.Helper()
	shy, wrong := 0, 0
	for i, e := range exprs {
		our, spark := ours[i], theirs[i]
		switch {
		case our.Error != "" && spark.Error != "", our.Error == "" && spark.Error == "" && slices.Equal(our.Values, spark.Values) && our.Type == spark.Type:
			continue
		case crashed(spark.Error):
			t.Logf("%s\n\tSpark crashes: %s", e, spark.Error)
			continue
		case our.Error != "":
			shy++
			t.Logf("%s\n\twe fail with %s\n\tSpark gives %q", e, our.Error, spark.Values)
			continue
		}
		const most = 40
		if wrong++; wrong <= most {
			t.Errorf("%s\n\twe give     %s %q\n\tSpark gives %s %q %s", e, our.Type, our.Values, spark.Type, spark.Values, spark.Error)
		}
	}
	t.Logf("%d wrong, %d where we fail and Spark does not", wrong, shy)
}
