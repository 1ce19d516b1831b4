package changes

import (
	"slices"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/objstore/mem"
)

// Where there are more deletions than memory is given to, the table of tombstones is asked.
func TestEndingsAreFoundWhetherTheyAreInMemoryOrNot(t *testing.T) {
	g := &graves{store: mem.New(), retention: time.Hour, now: time.Now, memory: NewMemory(1 << 20), loaded: -1, history: true}
	g.add([]byte("a"), []byte{3}, "x")
	g.add([]byte("a"), []byte{1}, "y")
	g.add([]byte("b"), []byte{2}, "z")
	g.add(nil, []byte{9}, "t")
	if err := g.commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	a, b := &line{}, &line{}
	for range 2 {
		got := map[*line][]ending{}
		if err := g.endings(t.Context(), map[string]*line{"a": a, "c": b}, func(l *line, e ending) { got[l] = append(got[l], e) }); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(got[a], func(x, y ending) int { return slices.Compare(x.seq, y.seq) })
		if len(got) != 1 || len(got[a]) != 2 || got[a][0].at != "y" || got[a][1].at != "x" || len(g.swept) != 1 || g.swept[0].at != "t" {
			t.Fatalf("%v %v", got, g.swept)
		}
		g.forget()
	}
}

// Times are kept as text beside deletions, whatever their type.
func TestTimesAreTheSameAsText(t *testing.T) {
	values := map[arrow.DataType][]string{
		arrow.PrimitiveTypes.Int64:                                     {"-9223372036854775808", "0", "17"},
		arrow.PrimitiveTypes.Int32:                                     {"-5", "2147483647"},
		arrow.PrimitiveTypes.Float64:                                   {"1.5", "-1e+300"},
		arrow.BinaryTypes.String:                                       {"", "a\"b\n", "ü"},
		arrow.BinaryTypes.Binary:                                       {"", "AAH/"},
		arrow.FixedWidthTypes.Date32:                                   {"1969-12-31", "2026-01-02"},
		arrow.FixedWidthTypes.Boolean:                                  {"true", "false"},
		&arrow.Decimal128Type{Precision: 20, Scale: 3}:                 {"-12345678901234567.891", "0.000"},
		&arrow.TimestampType{Unit: arrow.Microsecond}:                  {"2026-01-02 03:04:05.123456", "1900-01-01 00:00:00"},
		&arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}: {"2026-01-02 03:04:05.000001Z", "1900-01-01 00:00:00Z"},
	}
	values[arrow.StructOf(arrow.Field{Name: "at", Type: arrow.FixedWidthTypes.Timestamp_us, Nullable: true}, arrow.Field{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
		arrow.Field{Name: "s", Type: arrow.BinaryTypes.String, Nullable: true})] = []string{
		`{"at": "2026-01-02 03:04:05.000001Z", "n": 9223372036854775807, "s": "x"}`, `{"at": null, "n": -1, "s": "\""}`,
	}
	for dt, texts := range values {
		b := array.NewBuilder(memory.DefaultAllocator, dt)
		for _, s := range texts {
			if err := b.AppendValueFromString(s); err != nil {
				t.Fatalf("%s: %v", dt, err)
			}
		}
		was := b.NewArray()
		x := &times{of: dt}
		if _, err := x.add(t.Context(), was); err != nil {
			t.Fatal(err)
		}
		var again []string
		for i := range was.Len() {
			again = append(again, x.text(int32(i)))
		}
		first, err := x.addTexts(t.Context(), again)
		if err != nil {
			t.Fatalf("%s: %v", dt, err)
		}
		all, err := x.take(t.Context(), []int32{0, 1, first, first + 1, -1})
		if err != nil || !array.SliceEqual(all, 0, 2, all, 2, 4) || all.IsValid(4) {
			t.Errorf("%s: %v %v", dt, all, err)
		}
	}
}
