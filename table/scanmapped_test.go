package table

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/table/predicate"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// remap gives a table other names for its columns, and other types: a commit with a new schema.
func remap(t *testing.T, tab *Table, by []string, p *action.Protocol, conf map[string]string, fields ...schema.Field) {
	t.Helper()
	m := *tab.Snapshot().Metadata()
	text, err := json.Marshal(&schema.Struct{Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	m.SchemaString, m.PartitionColumns, m.Configuration = string(text), by, conf
	commitRaw(t, tab, p, &m)
}

func physical(name, physical string, id int, t schema.Type) schema.Field {
	return schema.Field{Name: name, Type: t, Nullable: true, Metadata: map[string]json.RawMessage{
		schema.KeyPhysicalName: json.RawMessage(strconv.Quote(physical)), schema.KeyFieldID: json.RawMessage(strconv.Itoa(id))}}
}

// TestRenamedAndDroppedColumns reads a table whose columns a, b, s.x and part became b, part, s.y and a.
func TestRenamedAndDroppedColumns(t *testing.T) {
	columns := "a BIGINT, b STRING, s STRUCT<x: BIGINT, gone: BIGINT>, gone STRING, part STRING"
	tab := create(t, columns, "part")
	add(t, tab, columns, `[{"a":1,"b":"x","s":{"x":10,"gone":1},"gone":"old","part":"p"},{"a":2,"b":"y","s":null,"gone":"old","part":"p"}]`)
	add(t, tab, columns, `[{"a":7,"b":"z","s":{"x":70,"gone":1},"gone":"old","part":"q"}]`)
	remap(t, tab, []string{"a"}, &action.Protocol{MinReaderVersion: 2, MinWriterVersion: 5},
		map[string]string{"delta.columnMapping.mode": "name", "delta.columnMapping.maxColumnId": "9"},
		physical("b", "a", 1, schema.Long), physical("part", "b", 2, schema.String),
		physical("s", "s", 3, &schema.Struct{Fields: []schema.Field{physical("y", "x", 4, schema.Long), physical("gone", "col-1", 8, schema.Long)}}),
		physical("gone", "col-2", 9, schema.String), physical("a", "part", 6, schema.String))
	expectRows(t, tab, ScanOptions{}, `b=1;part="x";s={10,null,};gone=null;a="p";`, `b=2;part="y";s=null;gone=null;a="p";`, `b=7;part="z";s={70,null,};gone=null;a="q";`)
	expectRows(t, tab, ScanOptions{Columns: []string{"A", "B"}}, `a="p";b=1;`, `a="p";b=2;`, `a="q";b=7;`)
	for _, c := range []struct {
		where   predicate.Expr
		skipped int64
		want    []string
	}{
		{predicate.Comparison{Op: predicate.Gt, Path: []string{"b"}, Value: predicate.Int(5)}, 1, []string{"b=7;"}},
		{predicate.Comparison{Op: predicate.Eq, Path: []string{"a"}, Value: predicate.String("p")}, 1, []string{"b=1;", "b=2;"}},
		{predicate.Comparison{Op: predicate.Eq, Path: []string{"part"}, Value: predicate.String("z")}, 1, []string{"b=7;"}},
		{predicate.IsNull{Path: []string{"gone"}}, 0, []string{"b=1;", "b=2;", "b=7;"}},
	} {
		m := &ScanMetrics{}
		expectRows(t, tab, ScanOptions{Columns: []string{"b"}, Where: goFilter{c.where, tab.Schema()}, Metrics: m}, c.want...)
		if m.FilesSkipped.Load() != c.skipped {
			t.Errorf("%s skipped %d files, want %d", c.where, m.FilesSkipped.Load(), c.skipped)
		}
	}
}

func widened(name string, t schema.Type, from string) schema.Field {
	return schema.Field{Name: name, Type: t, Nullable: true, Metadata: map[string]json.RawMessage{
		"delta.typeChanges": json.RawMessage(`[{"fromType":"` + from + `","toType":"x"}]`)}}
}

// TestWidenedColumns reads files and statistics that were written with the types that columns had before.
func TestWidenedColumns(t *testing.T) {
	before := "b TINYINT, s SMALLINT, i INT, f FLOAT, d DATE, dec DECIMAL(5,2), bd TINYINT, id INT, idec INT, ldec BIGINT, p SMALLINT, pd DATE"
	tab := create(t, before, "p", "pd")
	add(t, tab, before, `[{"b":1,"s":2,"i":3,"f":0.1,"d":"2024-01-02","dec":"1.25","bd":4,"id":5,"idec":6,"ldec":7,"p":8,"pd":"2024-03-04"}]`)
	dec := func(p, s int) schema.Type { return schema.Decimal{Precision: p, Scale: s} }
	remap(t, tab, []string{"p", "pd"}, readerFeatures("typeWidening", "timestampNtz"), nil,
		widened("b", schema.Integer, "byte"), widened("s", schema.Long, "short"), widened("i", schema.Long, "integer"), widened("f", schema.Double, "float"),
		widened("d", schema.TimestampNTZ, "date"), widened("dec", dec(12, 4), "decimal(5,2)"), widened("bd", schema.Double, "byte"), widened("id", schema.Double, "integer"),
		widened("idec", dec(12, 2), "integer"), widened("ldec", dec(22, 2), "long"), widened("p", schema.Long, "short"), widened("pd", schema.TimestampNTZ, "date"))
	want := `b=1;s=2;i=3;f=3fb99999a0000000;d=1704153600000000;dec=12500;bd=4010000000000000;id=4014000000000000;idec=600;ldec=700;p=8;pd=1709510400000000;`
	expectRows(t, tab, ScanOptions{}, want)
	for _, where := range []predicate.Expr{
		predicate.Comparison{Op: predicate.Gt, Path: []string{"f"}, Value: predicate.Float(0.1)}, // true of the float 0.1 as a double
		predicate.Comparison{Op: predicate.Eq, Path: []string{"i"}, Value: predicate.Int(3)},
		predicate.Comparison{Op: predicate.Lt, Path: []string{"bd"}, Value: predicate.Float(4.5)},
		predicate.Comparison{Op: predicate.Le, Path: []string{"d"}, Value: predicate.TimestampNTZ(1704153600000000)},
		predicate.Comparison{Op: predicate.Eq, Path: []string{"pd"}, Value: predicate.TimestampNTZ(1709510400000000)},
	} {
		expectRows(t, tab, ScanOptions{Where: predicate.Advisory(where)}, want)
	}
}

// TestPartitionValuesWinOverColumnsInFiles: files may hold the partition columns too (materializePartitionColumns).
func TestPartitionValuesWinOverColumnsInFiles(t *testing.T) {
	tab := createIn(t, mem.New(), CreateOptions{Schema: ddl(t, "id BIGINT, p STRING")})
	add(t, tab, "id BIGINT, p STRING", `[{"id":1,"p":"in the file"}]`)
	m, f := *tab.Snapshot().Metadata(), *adds(t, tab)[0]
	m.PartitionColumns, f.PartitionValues = []string{"p"}, map[string]*string{"p": new("in the log")}
	commitRaw(t, tab, readerFeatures("materializePartitionColumns"), &m, &f)
	expectRows(t, tab, ScanOptions{}, `id=1;p="in the log";`)
}
