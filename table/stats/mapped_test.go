package stats

import (
	"encoding/json"
	"testing"

	"github.com/ingestd/ingestd/txlog/schema"
)

func field(name, physical string, t schema.Type, more map[string]json.RawMessage) schema.Field {
	f := schema.Field{Name: name, Type: t, Nullable: true, Metadata: map[string]json.RawMessage{schema.KeyPhysicalName: json.RawMessage(`"` + physical + `"`)}}
	for k, v := range more {
		f.Metadata[k] = v
	}
	return f
}

func TestStatisticsAreFoundByPhysicalNames(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{
		field("a", "c1", schema.Long, nil), field("c1", "c2", schema.Long, nil),
		field("s", "c3", &schema.Struct{Fields: []schema.Field{field("x", "c4", schema.Long, nil)}}, nil),
	}}
	text := `{"numRecords":3,"minValues":{"c1":1,"c2":2,"c3":{"c4":4},"a":99},"nullCount":{"c1":0,"c3":{"c4":1}}}`
	for _, m := range []schema.Mapping{schema.MappingName, schema.MappingID} {
		f, err := NewMappedDecoder(s, m, func(path []string) bool { return path[0] != "zzz" }).Decode(text)
		if err != nil {
			t.Fatal(err)
		}
		for path, want := range map[string]int64{"a": 1, "c1": 2} {
			if c, _ := f.Column(path); c.Min != want {
				t.Errorf("%s begins at %v, want %d", path, c.Min, want)
			}
		}
		if c, _ := f.Column("s", "x"); c.Min != int64(4) || c.NullCount != 1 {
			t.Errorf("s.x is %+v", c)
		}
	}
}

// The text of a float is another number when it is read as a double; bounds written before the column was widened must
// hold for the values that the files have.
func TestBoundsOfFloatsThatBecameDoubles(t *testing.T) {
	changes := map[string]json.RawMessage{"delta.typeChanges": json.RawMessage(`[{"fromType":"float","toType":"double"}]`)}
	s := &schema.Struct{Fields: []schema.Field{field("f", "f", schema.Double, changes), field("d", "d", schema.Double, nil),
		field("s", "s", &schema.Struct{Fields: []schema.Field{field("f", "f", schema.Double, changes)}}, nil)}}
	f, err := NewDecoder(s, nil).Decode(`{"numRecords":1,"minValues":{"f":0.7,"d":0.7,"s":{"f":0.7}},"maxValues":{"f":0.1,"d":0.1,"s":{"f":0.1}}}`)
	if err != nil {
		t.Fatal(err)
	}
	seventh, tenth := float64(float32(0.7)), float64(float32(0.1)) // below 0.7, above 0.1
	for _, path := range [][]string{{"f"}, {"s", "f"}} {
		if c, _ := f.Column(path...); c.Min.(float64) > seventh || c.Max.(float64) < tenth {
			t.Errorf("%v is from %v to %v, the floats are %v and %v", path, c.Min, c.Max, seventh, tenth)
		}
	}
	if c, _ := f.Column("d"); c.Min != 0.7 || c.Max != 0.1 {
		t.Errorf("a column that always was double is from %v to %v", c.Min, c.Max)
	}
}
