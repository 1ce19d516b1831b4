package datafile

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog/schema"
)

// withID is a field of a file with a field id.
func withID(name string, id int, dt arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: dt, Nullable: true, Metadata: arrow.NewMetadata([]string{"PARQUET:field_id"}, []string{strconv.Itoa(id)})}
}

// mapped is a field of a table with a physical name and an id.
func mapped(name, physical string, id int, t schema.Type) schema.Field {
	quoted, _ := json.Marshal(physical)
	return schema.Field{Name: name, Type: t, Nullable: true, Metadata: map[string]json.RawMessage{
		schema.KeyPhysicalName: quoted, schema.KeyFieldID: json.RawMessage(strconv.Itoa(id))}}
}

// mappedFile has columns under other names than the table, at every level.
func mappedFile(t *testing.T, ids bool) *Reader {
	t.Helper()
	field := func(name string, id int, dt arrow.DataType) arrow.Field {
		f := withID(name, id, dt)
		if !ids {
			f.Metadata = arrow.Metadata{}
		}
		return f
	}
	i32 := arrow.PrimitiveTypes.Int32
	s := arrow.NewSchema([]arrow.Field{
		field("c1", 1, i32),
		field("c2", 2, arrow.StructOf(field("c3", 3, i32), field("old", 99, i32))),
		field("c4", 4, arrow.ListOf(arrow.StructOf(field("c5", 5, i32)))),
		field("c6", 6, arrow.MapOf(arrow.BinaryTypes.String, arrow.StructOf(field("c7", 7, i32)))),
		field("a", 50, i32), // a column that was dropped, with the name that another one has now
	}, nil)
	rec, _, err := array.RecordFromJSON(memory.DefaultAllocator, s, bytes.NewReader([]byte(`[
		{"c1":1,"c2":{"c3":10,"old":1},"c4":[{"c5":100},null],"c6":[{"key":"k","value":{"c7":1000}}],"a":-1},
		{"c1":2,"c2":null,"c4":[],"c6":null,"a":-1}]`)))
	if err != nil {
		t.Fatal(err)
	}
	defer rec.Release()
	var buf bytes.Buffer
	w, err := pqarrow.NewFileWriter(s, &buf, nil, pqarrow.DefaultWriterProps())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(rec), w.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReaderAt(t.Context(), bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// mappedTable is the table's view of mappedFile. With other physical names only the ids can find the columns.
func mappedTable(name func(string) string) *schema.Struct {
	m := func(logical, physical string, id int, t schema.Type) schema.Field {
		return mapped(logical, name(physical), id, t)
	}
	return &schema.Struct{Fields: []schema.Field{
		m("c4", "c1", 1, schema.Long), // widened, and with the name of another column of the file
		m("s", "c2", 2, &schema.Struct{Fields: []schema.Field{m("old", "new-1", 98, schema.Integer), m("x", "c3", 3, schema.Integer)}}),
		m("l", "c4", 4, &schema.Array{Element: &schema.Struct{Fields: []schema.Field{m("y", "c5", 5, schema.Long)}}, ContainsNull: true}),
		m("m", "c6", 6, &schema.Map{Key: schema.String, Value: &schema.Struct{Fields: []schema.Field{m("z", "c7", 7, schema.Double)}}, ValueContainsNull: true}),
		m("a", "new-2", 51, schema.Integer),
	}}
}

func TestColumnsAreFoundByPhysicalNamesAndByIDs(t *testing.T) {
	want := []string{
		`c4=1;s={null,10,};l=[{100,},null,];m=[{"k",{408f400000000000,},},];a=null;`,
		`c4=2;s=null;l=[];m=null;a=null;`,
	}
	same := func(s string) string { return s }
	other := func(s string) string { return "col-" + s }
	for _, c := range []struct {
		mode schema.Mapping
		ids  bool
		name func(string) string
	}{{schema.MappingName, false, same}, {schema.MappingName, true, same}, {schema.MappingID, true, same}, {schema.MappingID, true, other}} {
		var got []string
		for rows, err := range mappedFile(t, c.ids).Rows(t.Context(), ReadOptions{Schema: mappedTable(c.name), Mapping: c.mode, BatchRows: 1}) {
			if err != nil {
				t.Fatal(err)
			}
			if rows.First != int64(len(got)) {
				t.Errorf("first row %d, want %d", rows.First, len(got))
			}
			got = append(got, arrowtest.Rows(rows.Rec)...)
			rows.Rec.Release()
		}
		if !slices.Equal(got, want) {
			t.Errorf("mode %s, ids %v:\ngot  %q\nwant %q", c.mode, c.ids, got, want)
		}
	}
}

func TestAFileWithoutIDsIsRefusedWhereIDsCount(t *testing.T) {
	var none *NoFieldIDsError
	for _, err := range mappedFile(t, false).Rows(t.Context(), ReadOptions{Schema: mappedTable(func(s string) string { return s }), Mapping: schema.MappingID}) {
		if !errors.As(err, &none) {
			t.Errorf("error %v, want a *NoFieldIDsError", err)
		}
	}
	if none == nil {
		t.Error("no error")
	}
}

// A column without an id is one of those that are not in the schema of the table: those of row tracking.
func TestAColumnWithoutAnIDIsFoundByName(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{mapped("k", "x", 50, schema.Integer), {Name: "c1", Type: schema.Long, Nullable: true}}}
	var got []string
	for rec, err := range mappedFile(t, true).Batches(t.Context(), ReadOptions{Schema: s, Mapping: schema.MappingID}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, arrowtest.Rows(rec)...)
		rec.Release()
	}
	if want := []string{"k=-1;c1=1;", "k=-1;c1=2;"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestStatisticsOfRowGroupsHaveTheTablesNames(t *testing.T) {
	var seen []string
	keep := func(f *stats.File) bool {
		for _, c := range f.Columns {
			seen = append(seen, c.Path[0])
			if c.Path[0] == "c4" && (c.Min != int64(1) || c.Max != int64(2)) {
				t.Errorf("c4 is from %v to %v", c.Min, c.Max)
			}
			if c.Path[0] == "a" {
				t.Error("the dropped column is taken for the new one")
			}
		}
		return false
	}
	o := ReadOptions{Schema: mappedTable(func(s string) string { return "col-" + s }), Mapping: schema.MappingID, Keep: keep}
	for range mappedFile(t, true).Rows(t.Context(), o) {
		t.Error("a row group is read that was not wanted")
	}
	if !slices.Equal(seen, []string{"c4", "s"}) {
		t.Errorf("statistics of %v", seen)
	}
}
