package debezium

import (
	"testing"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/txlog/schema"
)

// FuzzDecode decodes any key and value, in every way that the options tell, and looks that each record becomes a row, a dead letter
// or is passed over, that batches are sound, and that what a task has seen before changes nothing.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(idKey), []byte(bareCreate))
	f.Add([]byte(`{"id":1}`), []byte(`{"id":1,"f":1.5,"s":"x","o":{"a":[]},"n":null,"__deleted":"true","__lsn":1}`))
	f.Add([]byte(`{"id":1}`), []byte(`{"before":{"id":1},"after":{"id":2},"source":{"lsn":1},"op":"u"}`))
	f.Add([]byte{}, []byte(`{"before":null,"after":null,"source":{},"op":"t"}`))
	for _, tc := range typeCases {
		f.Add([]byte(idKey), []byte(envelope("["+idField+`,{`+tc.schema+`,"field":"c"}]`, "c", "null", `{"id":1,"c":`+tc.value+`}`, pgSource)))
	}
	table := &schema.Struct{Fields: []schema.Field{
		{Name: "id", Type: schema.Long}, {Name: "f", Type: schema.Decimal{Precision: 5, Scale: 2}, Nullable: true},
		{Name: "s", Type: schema.Binary, Nullable: true}, {Name: "l", Type: &schema.Array{Element: schema.Date}, Nullable: true},
		{Name: "o", Type: &schema.Map{Key: schema.String, Value: schema.Timestamp}, Nullable: true},
	}}
	options := []Options{
		{}, {Schema: table}, {Keys: []string{"id"}, BinaryHandling: BinaryHex, DecimalHandling: DecimalString},
		{TableSchema: func(changes.Origin) (*schema.Struct, error) { return table, nil }, TimePrecision: TimeISOString},
	}
	f.Fuzz(func(t *testing.T, key, value []byte) {
		for _, opts := range options {
			once := fuzzed(t, opts, records{{Topic: "t", Key: key, Value: value}})
			twice := fuzzed(t, opts, records{{Topic: "t", Key: key, Value: value}, {Topic: "t", Key: key, Value: value}})
			if twice != 2*once {
				t.Errorf("%d rows of one record, %d of two", once, twice)
			}
		}
	})
}

// fuzzed gives how many rows there are.
func fuzzed(t *testing.T, opts Options, recs records) (rows int) {
	d, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	task := d.NewTask().(*task)
	defer task.Close()
	batches, rejected, err := task.DecodeAll("t/0", recs)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range batches {
		defer b.Release()
		if _, ok := changes.BatchOf(b.Schema()); !ok || b.NumRows() == 0 {
			t.Errorf("no batch of changes, or an empty one: %s", b.Schema())
		}
		rows += int(b.NumRows())
		for _, c := range b.Columns() {
			if v, ok := c.(interface{ ValidateFull() error }); ok {
				if err := v.ValidateFull(); err != nil {
					t.Error(err)
				}
			}
			for i := range c.Len() {
				if !c.IsNull(i) {
					_ = c.ValueStr(i)
				}
			}
		}
	}
	if n := rows + len(rejected) + int(d.Passed()); n < len(recs) || n > 2*len(recs) {
		t.Errorf("%d records became %d rows, %d dead letters and %d passed over", len(recs), rows, len(rejected), d.Passed())
	}
	for _, r := range rejected {
		if r.Reason == "" || len(r.Reason) > 2000 {
			t.Errorf("reason %q", r.Reason)
		}
	}
	return rows
}
