package merge_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/table/arrowtest"
)

// The scenarios in testdata are read by this: a line that begins with = begins one and names it, one with # is prose, a word begins a
// step, with an argument behind it or lines below it that begin with a space.
//
//	create DDL             the table's columns
//	partition COLUMN ...
//	property NAME=VALUE
//	insert [COLUMN, ...]   rows below, as SQL has them between VALUES' brackets: a file of their own for each insert
//	source DDL             the source's columns, its rows below
//	names TARGET SOURCE
//	on CONDITION
//	when CLAUSE
//	evolve                 WITH SCHEMA EVOLUTION
//	expect [COUNTS]        runs the statement; the table's rows below, as for insert
//	error TEXT             runs it; what its error holds. Nothing may have changed
//
// Each is run on a table that has deletion vectors, and on one that has not, with a source that goes through the disk.
type scenario struct {
	name  string
	steps []step
}

type step struct {
	line       int
	word, rest string
	rows       []string
}

func scenarios(t *testing.T, file string) []scenario {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []scenario
	for n, line := range strings.Split(string(text), "\n") {
		last := len(out) - 1
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case line[0] == '=':
			out = append(out, scenario{name: strings.TrimSpace(line[1:])})
		case line[0] == ' ':
			s := &out[last].steps[len(out[last].steps)-1]
			s.rows = append(s.rows, strings.TrimSpace(line))
		default:
			word, rest, _ := strings.Cut(line, " ")
			out[last].steps = append(out[last].steps, step{line: n + 1, word: word, rest: strings.TrimSpace(rest)})
		}
	}
	return out
}

func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no scenarios")
	}
	for _, file := range files {
		for _, s := range scenarios(t, file) {
			name := strings.TrimSuffix(filepath.Base(file), ".txt") + "/" + s.name
			t.Run(name+"/vectors", func(t *testing.T) { (&play{T: t, o: options(), props: maps.Clone(withVectors)}).run(s) })
			t.Run(name+"/rewrite, disk", func(t *testing.T) {
				o := options()
				o.SourceMemory, o.TempDir = 1, t.TempDir()
				(&play{T: t, o: o, props: map[string]string{}}).run(s)
				if left, _ := os.ReadDir(o.TempDir); len(left) > 0 {
					t.Fatalf("files of the source are left: %v", left)
				}
			})
		}
	}
}

// play is a scenario as it runs.
type play struct {
	*testing.T
	o      merge.Options
	props  map[string]string
	ddl    string
	by     []string
	tab    *table.Table
	source string
	stmt   merge.Statement
}

func (p *play) run(s scenario) {
	for _, st := range s.steps {
		p.step(st)
	}
}

func (p *play) step(s step) {
	switch s.word {
	case "create":
		p.ddl = s.rest
	case "partition":
		p.by = strings.Fields(s.rest)
	case "property":
		name, value, _ := strings.Cut(s.rest, "=")
		p.props[name] = value
	case "insert":
		p.insert(s)
	case "source":
		p.source = values(p, arrowOf(p, s.rest), s.rows)
		p.stmt = merge.Statement{}
	case "names":
		names := strings.Fields(s.rest)
		p.stmt.Target, p.stmt.Source = names[:1], names[1:]
	case "on":
		p.stmt.On = s.rest
	case "when":
		p.stmt.Clauses = append(p.stmt.Clauses, clause(p, s.rest))
	case "evolve":
		p.stmt.SchemaEvolution = true
	case "expect":
		r, err := run(p, p.table(), p.source, p.stmt, p.o)
		if err != nil {
			p.Fatalf("line %d: %v", s.line, err)
		}
		if counts := fmt.Sprintf("inserted %d, updated %d, deleted %d", r.RowsInserted, r.RowsUpdated, r.RowsDeleted); s.rest != "" && s.rest != counts {
			p.Fatalf("line %d: %s", s.line, counts)
		}
		p.has(s, p.typed(s.rows))
	case "error":
		before := rows(p, p.table())
		if _, err := run(p, p.table(), p.source, p.stmt, p.o); err == nil || !strings.Contains(err.Error(), s.rest) {
			p.Fatalf("line %d: the error is %v", s.line, err)
		}
		p.has(s, before)
	default:
		p.Fatalf("line %d: what is %s?", s.line, s.word)
	}
}

func (p *play) table() *table.Table {
	if p.tab == nil {
		p.tab = create(p, p.ddl, p.props, p.by...)
	}
	return p.tab
}

func (p *play) insert(s step) {
	all := arrowOf(p, p.ddl)
	if s.rest != "" {
		var fields []arrow.Field
		for _, name := range strings.Split(s.rest, ",") {
			f, _ := all.FieldsByName(strings.TrimSpace(name))
			fields = append(fields, f...)
		}
		all = arrow.NewSchema(fields, nil)
	}
	insert(p, p.table(), values(p, all, s.rows))
}

// typed are rows, as in VALUES, as the table would have them.
func (p *play) typed(rows []string) []string {
	s, err := arrowmap.ToArrow(p.table().Schema())
	if err != nil {
		p.Fatal(err)
	}
	_, recs := selected(p, values(p, s, rows))
	var out []string
	for _, rec := range recs {
		out = append(out, arrowtest.Rows(rec)...)
		rec.Release()
	}
	slices.Sort(out)
	return out
}

func (p *play) has(s step, want []string) {
	p.Helper()
	if got := rows(p, p.tab); !slices.Equal(got, want) {
		p.Fatalf("line %d: the table has\n  %s\nand should have\n  %s", s.line, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func arrowOf(t tester, ddl string) *arrow.Schema {
	t.Helper()
	s, err := table.ParseSchema(ddl)
	if err != nil {
		t.Fatal(err)
	}
	a, err := arrowmap.ToArrow(s)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// values is a query of DuckDB for rows of a schema, each given as in VALUES.
func values(t tester, s *arrow.Schema, rows []string) string {
	t.Helper()
	var columns, names []string
	for i, f := range s.Fields() {
		names = append(names, fmt.Sprint("c", i))
		columns = append(columns, fmt.Sprintf(`c%d::%s AS "%s"`, i, duckType(t, f.Type), f.Name))
	}
	where := ""
	if len(rows) == 0 {
		rows, where = []string{strings.TrimSuffix(strings.Repeat("NULL, ", len(names)), ", ")}, " WHERE false"
	}
	return fmt.Sprintf("SELECT %s FROM (VALUES (%s)) x(%s)%s", strings.Join(columns, ", "), strings.Join(rows, "), ("), strings.Join(names, ", "), where)
}

func duckType(t tester, dt arrow.DataType) string {
	t.Helper()
	switch dt := dt.(type) {
	case *arrow.BooleanType:
		return "BOOLEAN"
	case *arrow.Int8Type:
		return "TINYINT"
	case *arrow.Int16Type:
		return "SMALLINT"
	case *arrow.Int32Type:
		return "INTEGER"
	case *arrow.Int64Type:
		return "BIGINT"
	case *arrow.Float32Type:
		return "REAL"
	case *arrow.Float64Type:
		return "DOUBLE"
	case *arrow.Decimal128Type:
		return fmt.Sprintf("DECIMAL(%d,%d)", dt.Precision, dt.Scale)
	case *arrow.Date32Type:
		return "DATE"
	case *arrow.TimestampType:
		if dt.TimeZone == "" {
			return "TIMESTAMP"
		}
		return "TIMESTAMPTZ"
	case *arrow.StringType:
		return "VARCHAR"
	case *arrow.BinaryType:
		return "BLOB"
	case *arrow.ListType:
		return duckType(t, dt.Elem()) + "[]"
	case *arrow.MapType:
		return "MAP(" + duckType(t, dt.KeyType()) + ", " + duckType(t, dt.ItemType()) + ")"
	case *arrow.StructType:
		var fields []string
		for _, f := range dt.Fields() {
			fields = append(fields, `"`+f.Name+`" `+duckType(t, f.Type))
		}
		return "STRUCT(" + strings.Join(fields, ", ") + ")"
	}
	t.Fatalf("what is %s to DuckDB?", dt)
	return ""
}
