package autocdc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/operator/autocdc"
)

// ways are rows that come from their decoder, and rows that SQL has made.
var ways = map[string]string{"records": "", "SQL": "SELECT * FROM input", "SQL over the whole batch": "SELECT * FROM input ORDER BY seq"}

func allWays(t *testing.T, f func(t *testing.T, query string)) {
	for name, query := range ways {
		t.Run(name, func(t *testing.T) { f(t, query) })
	}
}

func TestRowsAreUpsertsDeletesAndTruncations(t *testing.T) {
	allWays(t, func(t *testing.T, query string) {
		w := newWorld(t, words(t))
		w.query = query
		w.takes(event{1, 10, "u", "a"}.String(), event{2, 11, "u", "b"}.String(), event{1, 12, "u", "A"}.String(), event{3, 13, "u", "c"}.String())
		w.expect(row(1, "A", 12), row(2, "b", 11), row(3, "c", 13))
		w.takes(event{2, 14, "d", ""}.String(), event{1, 9, "u", "late"}.String(), event{3, 15, "u", ""}.String())
		w.expect(row(1, "A", 12), row(3, "", 15))
		w.takes(event{2, 13, "u", "from the dead"}.String())
		w.expect(row(1, "A", 12), row(3, "", 15))
		w.takes(event{0, 13, "t", ""}.String(), event{4, 12, "u", "outdated"}.String())
		w.expect(row(3, "", 15))
	})
}

func TestTruncationWinsOverDeletion(t *testing.T) {
	o := words(t)
	o.DeleteWhen = "op IN ('d', 't')"
	w := newWorld(t, o)
	w.takes(event{1, 1, "u", "a"}.String(), event{0, 2, "t", ""}.String())
	w.expect()
}

func TestNullsOfUpdatesMayLeaveWhatIsThere(t *testing.T) {
	allWays(t, func(t *testing.T, query string) {
		o := words(t)
		o.IgnoreNullUpdates = true
		w := newWorld(t, o)
		w.query = query
		w.takes(event{1, 1, "u", "a"}.String(), event{2, 2, "u", ""}.String())
		w.takes(event{1, 3, "u", ""}.String())
		w.expect(row(1, "a", 3), row(2, "", 2))
		w.takes(event{1, 4, "d", ""}.String())
		w.takes(event{1, 5, "u", ""}.String())
		w.expect(row(1, "", 5), row(2, "", 2))
	})
}

func TestOfEqualSequencesTheLaterInItsPartitionHolds(t *testing.T) {
	for _, query := range []string{"", "SELECT * FROM input"} { // the rows of a whole batch have the order that SQL gives them
		w := newWorld(t, words(t))
		w.query = query
		var all []event
		for _, v := range strings.Split("abcdefghijklmnopqrst", "") {
			all = append(all, event{1, 7, "u", v})
		}
		w.takes(texts(all)...)
		w.expect(row(1, "t", 7))
		w.takes(event{1, 7, "u", "z"}.String())
		w.expect(row(1, "z", 7))
	}
}

func TestColumns(t *testing.T) {
	for _, tt := range []struct {
		only, except []string
		want         string
	}{
		{nil, nil, `id=1;v="a";seq=5;op="u";`}, {[]string{"V"}, nil, `id=1;v="a";`}, {[]string{}, nil, "id=1;"},
		{nil, []string{"OP", "seq"}, `id=1;v="a";`}, {nil, []string{}, `id=1;v="a";seq=5;op="u";`},
	} {
		o := words(t)
		o.Columns, o.Except = tt.only, tt.except
		w := newWorld(t, o)
		w.takes(event{1, 5, "u", "a"}.String())
		w.expect(tt.want)
	}
}

func TestSequencesMayBeOfSeveralParts(t *testing.T) {
	o := words(t)
	o.SequenceBy = "struct(seq, length(v))"
	w := newWorld(t, o)
	w.takes(event{1, 5, "u", "long"}.String(), event{1, 5, "u", "abc"}.String(), event{1, 4, "u", "longest"}.String())
	w.expect(row(1, "long", 5))
	w.takes(event{1, 5, "u", "x"}.String())
	w.expect(row(1, "long", 5))
}

func TestSoftDeletesTellTheSequence(t *testing.T) {
	w := newWorld(t, words(t))
	w.soft = true
	w.takes(event{1, 5, "u", "a"}.String(), event{2, 6, "u", "b"}.String())
	w.takes(event{1, 7, "d", ""}.String())
	w.expect(`id=1;v="a";seq=5;_deleted=true;_op="d";_source_ts=7;`, `id=2;v="b";seq=6;_deleted=false;_op="u";_source_ts=6;`)
}

func TestARowThatCannotBeAppliedIsADeadLetter(t *testing.T) {
	o := words(t)
	o.DeleteWhen = "op = 'd' OR 10 / seq > 100"
	w := newWorld(t, o)
	w.takes(`{"id":1,"v":"a","seq":1,"op":"u"}`, `{"v":"no key","seq":2,"op":"u"}`, `{"id":2,"v":"no sequence","op":"u"}`, `nonsense`,
		`{"id":3,"v":"divides by zero","seq":0,"op":"u"}`, `{"seq":1,"op":"t"}`, `{"id":4,"v":"b","seq":3,"op":"u"}`, `{"seq":4,"op":"d"}`)
	w.expect(row(1, "a", 1), row(4, "b", 3))
	w.expectLetters(1, 2, 3, 4, 7)
}

func TestTheReasonIsTold(t *testing.T) {
	w := newWorld(t, words(t))
	o := words(t)
	o.DeleteWhen = "1 / seq > 1"
	d, err := autocdc.NewDecoder(t.Context(), w.rows(), o)
	if err != nil {
		t.Fatal(err)
	}
	task := d.NewTask()
	defer task.Close()
	for value, want := range map[string]string{
		`{"seq":2}`: "the key id is null", `{"id":1}`: "sequence_by (seq) is null", `{"id":1,"seq":0}`: "the expression 1 / seq > 1 has no value: ",
	} {
		rec, rejected, err := task.Decode(records{{Topic: "t", Offset: 3, Value: []byte(value)}})
		if err != nil || rec != nil || len(rejected) != 1 || !strings.HasPrefix(rejected[0].Reason, want) || strings.Contains(rejected[0].Reason, "\n") {
			t.Errorf("%s: %v, %v, %v", value, rec, rejected, err)
		}
	}
}

type records []stream.Record

func (r records) Len() int               { return len(r) }
func (r records) At(i int) stream.Record { return r[i] }

func TestBehindSQLARowThatCannotBeAppliedEndsTheQuery(t *testing.T) {
	for value, want := range map[string]string{
		`{"seq":2,"op":"u"}`:          "the key id is null: which row of the table is meant is not known; the row has id = null, seq = 2",
		`{"id":1,"op":"u"}`:           "sequence_by (seq) is null: the change has no place among those of its key; the row has id = 1, seq = null",
		`{"id":1,"seq":0,"op":"u"}`:   "has no value",
		`{"id":1,"seq":0,"op":"bad"}`: "has no value",
	} {
		o := words(t)
		o.DeleteWhen = "1 / seq > 1"
		w := newWorld(t, o)
		w.query = "SELECT * FROM input"
		w.log.Append("events/0", `{"id":5,"seq":4,"op":"u"}`, value)
		err := w.run()
		var bad *autocdc.RowError
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "IS NOT NULL") || bad.Retryable() {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestASequenceOfAnotherKindIsRefused(t *testing.T) {
	allWays(t, func(t *testing.T, query string) {
		o := words(t)
		w := newWorld(t, o)
		w.query = query
		w.takes(event{1, 5, "u", "a"}.String())
		w.words.SequenceBy = "CAST(seq AS STRING)"
		w.log.Append("events/0", event{1, 6, "u", "b"}.String())
		err := w.run()
		if query == "" {
			if err != nil {
				t.Fatal(err)
			}
			w.expectLetters(1)
		} else if refused := (*autocdc.AdmitError)(nil); !errors.As(err, &refused) || !strings.Contains(err.Error(), "rows by texts") {
			t.Fatal(err)
		}
		w.expect(row(1, "a", 5))
	})
}

func TestWhatIsWrongWithTheWordsIsSaidBeforeAnythingIsWritten(t *testing.T) {
	base := words(t)
	for _, tt := range []struct {
		change func(*autocdc.Options)
		want   string
	}{
		{func(o *autocdc.Options) { o.Keys = nil }, "keys: is missing"},
		{func(o *autocdc.Options) { o.Keys = []string{"id", "idd"} }, "keys[1]: there is no column idd; did you mean id?"},
		{func(o *autocdc.Options) { o.Keys = []string{"id", "ID"} }, "keys[1]: id is named twice"},
		{func(o *autocdc.Options) { o.SequenceBy = "seqq + 1" }, "sequence_by: SQL at line 1, column 1: "},
		{func(o *autocdc.Options) { o.SequenceBy = "array(seq)" }, "sequence_by: values of type list"},
		{func(o *autocdc.Options) { o.SequenceBy = "NULL" }, "sequence_by: values of type null have no order"},
		{func(o *autocdc.Options) { o.DeleteWhen = "op" }, "delete_when: SQL at line 1, column 1: a predicate is wanted"},
		{func(o *autocdc.Options) { o.TruncateWhen = "op = 't' AND\n x" }, "truncate_when: SQL at line 2, column 2: "},
		{func(o *autocdc.Options) { o.Except = nil; o.Columns = []string{"v", "w"} }, "columns[1]: there is no column w"},
		{func(o *autocdc.Options) { o.Except = []string{"w"} }, "columns.except[0]: there is no column w"},
		{func(o *autocdc.Options) { o.Except = []string{"id"} }, "columns.except[0]: id is a key"},
	} {
		o := base
		tt.change(&o)
		w := newWorld(t, o)
		w.log.Append("events/0", event{1, 1, "u", "a"}.String())
		err := w.run()
		var wrong *autocdc.OptionError
		if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Error(), tt.want) || w.stores["t"] != nil {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}
