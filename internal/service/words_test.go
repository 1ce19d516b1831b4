package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowtest"
)

const orders = "id INT, v STRING, op STRING, seq BIGINT"

// orderText is a pipeline file of rows that are changes.
func (b *broker) orderText(dir, operators, words string) string {
	return fmt.Sprintf(`name: q
source: {kafka: {brokers: [%q], topics: [orders], starting_offsets: earliest}}
format: {json: {schema: %q}}
%ssink:
  delta:
    table: %s/t
    mode: cdc
    keys: [id]
    sequence_by: seq
    delete_when: op = 'd'
    truncate_when: op = 't'
    columns: {except: [op]}
%strigger: {available_now: true}
`, b.addr, orders, operators, dir, words)
}

// builder is one that can compile expressions.
func builder(t *testing.T) Builder {
	c := sql.NewCompiler(sql.Options{}, nil)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return Builder{Tables: Tables{Expressions: c}, Logger: slog.New(slog.DiscardHandler)}
}

// order produces a row to a partition.
func (b *broker) order(partition int32, values ...string) {
	b.t.Helper()
	for _, v := range values {
		if err := b.client.ProduceSync(b.t.Context(), &kgo.Record{Topic: "orders", Partition: partition, Value: []byte(v)}).FirstErr(); err != nil {
			b.t.Fatal(err)
		}
	}
}

func expectTable(t *testing.T, dir string, want ...string) (version int64) {
	t.Helper()
	tab, err := Tables{}.Open(t.Context(), dir+"/t")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rec, err := range tab.Scan(t.Context(), table.ScanOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, arrowtest.Rows(rec)...)
		rec.Release()
	}
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Fatalf("the table has %q and should have %q", got, want)
	}
	return tab.Version()
}

func TestRowsWithAnOperationAndASequenceKeepATable(t *testing.T) {
	for _, operators := range []string{"", "operators:\n  - sql: SELECT * FROM input WHERE id IS NOT NULL OR op = 't'\n"} {
		b, dir := newBroker(t), t.TempDir()
		b.topic("orders", 2)
		f, _ := load(t, b.orderText(dir, operators, ""))
		b.order(0, `{"id":1,"v":"a","op":"u","seq":1}`, `{"id":2,"v":"b","op":"u","seq":2}`, `{"id":1,"op":"d","seq":7}`)
		b.order(1, `{"id":1,"v":"late","op":"u","seq":3}`, `{"id":3,"v":"c","op":"u","seq":4}`)
		run(t, f)
		expectTable(t, dir, `id=2;v="b";seq=2;`, `id=3;v="c";seq=4;`)
		b.order(1, `{"id":1,"v":"again","op":"u","seq":6}`, `{"id":3,"v":"C","op":"u","seq":9}`)
		run(t, f)
		expectTable(t, dir, `id=2;v="b";seq=2;`, `id=3;v="C";seq=9;`)
		b.order(0, `{"op":"t","seq":8}`, `{"id":5,"v":"e","op":"u","seq":8}`)
		run(t, f)
		version := expectTable(t, dir, `id=3;v="C";seq=9;`, `id=5;v="e";seq=8;`)
		run(t, f)
		if now := expectTable(t, dir, `id=3;v="C";seq=9;`, `id=5;v="e";seq=8;`); now != version {
			t.Errorf("version %d after %d, with nothing new", now, version)
		}
	}
}

// errKilled stands for the end of a process.
var errKilled = errors.New("killed")

func TestAQueryOfRowsMayBeKilledAtAnyStep(t *testing.T) {
	for _, operators := range []string{"", "operators:\n  - sql: SELECT * FROM input\n"} {
		for _, at := range []stream.Step{stream.StepStarted, stream.StepPlanned, stream.StepDecoded, stream.StepWritten, stream.StepDeadLetters, stream.StepCommitted, stream.StepSourceTold} {
			b, dir := newBroker(t), t.TempDir()
			b.topic("orders", 1)
			f, _ := load(t, b.orderText(dir, operators, ""))
			b.order(0, `{"id":1,"v":"a","op":"u","seq":1}`, `{"id":2,"v":"b","op":"u","seq":2}`)
			run(t, f)
			before := expectTable(t, dir, `id=1;v="a";seq=1;`, `id=2;v="b";seq=2;`)
			b.order(0, `{"id":1,"v":"A","op":"u","seq":3}`, `{"id":2,"op":"d","seq":4}`, `{"id":3,"v":"c","op":"u","seq":5}`)
			kill := func(_ context.Context, step stream.Step) error {
				if step == at {
					return errKilled
				}
				return nil
			}
			if err := (Run{File: f, Logger: discard, Hook: kill}).Do(t.Context()); !errors.Is(err, errKilled) && at != stream.StepStarted {
				t.Fatalf("%s: %v", at, err)
			}
			run(t, f)
			if v := expectTable(t, dir, `id=1;v="A";seq=3;`, `id=3;v="c";seq=5;`); v != before+1 {
				t.Errorf("%s: version %d after %d", at, v, before)
			}
		}
	}
}

func TestRowsThatCannotBeAppliedAreReplayed(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("orders", 1)
	f, _ := load(t, b.orderText(dir, "", ""))
	b.order(0, `{"id":1,"v":"a","op":"u","seq":1}`, `{"v":"b","op":"u","seq":2}`, `{"id":2,"v":"c","op":"u"}`)
	run(t, f)
	build := builder(t)
	var letters []string
	for some, err := range build.Waiting(t.Context(), f.Queries[0], false) {
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range some {
			letters = append(letters, l.Reason)
		}
	}
	if len(letters) != 2 || !strings.Contains(letters[0], "the key id is null") || !strings.Contains(letters[1], "sequence_by (seq) is null") {
		t.Fatalf("dead letters %q", letters)
	}
	f.Queries[0].Sink.Delta.SequenceBy = "coalesce(seq, 0)"
	replay(t, f, build)
	replay(t, f, build)
	expectTable(t, dir, `id=1;v="a";seq=1;`, `id=2;v="c";seq=null;`)
	if letters := waiting(t, build, f, false); len(letters) != 1 {
		t.Errorf("dead letters %q", letters)
	}
}

func TestADryRunOfRowsThatAreChanges(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("orders", 1)
	f, _ := load(t, b.orderText(dir, "", ""))
	b.order(0, `{"id":1,"v":"a","op":"u","seq":1}`, `{"id":1,"v":"A","op":"u","seq":2}`, `{"id":2,"v":"c","op":"u"}`)
	d, err := builder(t).DryRun(t.Context(), f.Queries[0], 100, fixed)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Release()
	if len(d.Tables) != 1 || d.NumRows != 1 || len(d.Rejected) != 1 || !slices.Equal(d.Tables[0].Table.New, []string{"id", "v", "seq"}) || len(snapshot(t, dir)) != 0 {
		t.Errorf("%+v", d)
	}
}

func TestWhatIsWrongWithWordsStandsAtItsLine(t *testing.T) {
	b := &broker{t: t, addr: "b:1"}
	for _, tt := range []struct{ operators, old, new, want string }{
		{"", "", "", ""},
		{"operators:\n  - sql: SELECT id, seq AS s, op FROM input\n", "sequence_by: seq", "sequence_by: s", ""},
		{"", "sequence_by: seq", "sequence_by: sec", `p.yaml:9:18: sink.delta.sequence_by: SQL at line 1, column 1: `},
		{"", "op = 'd'", "op = 'd' AND", `p.yaml:10:18: sink.delta.delete_when: SQL at line 1, column 13: `},
		{"", "op = 't'", "seq + 1", `p.yaml:11:20: sink.delta.truncate_when: SQL at line 1, column 1: a predicate is wanted`},
		{"", "[id]", "[id, oder]", `p.yaml:8:16: sink.delta.keys[1]: there is no column oder`},
		{"", "[op]", "[op, id]", `p.yaml:12:28: sink.delta.columns.except[1]: id is a key`},
		{"", "{except: [op]}", "[w]", `p.yaml:12:15: sink.delta.columns[0]: there is no column w`},
		{"", "{except: [op]}", "[v]\n    partition_by: [op]", `p.yaml:13:20: sink.delta.partition_by[0]: there is no column op; one of id, v`},
		{"operators:\n  - sql: SELECT id, op FROM input\n", "", "", `p.yaml:11:18: sink.delta.sequence_by: SQL at line 1, column 1: `},
	} {
		text := b.orderText("x", tt.operators, "")
		if tt.old != "" {
			text = strings.Replace(text, tt.old, tt.new, 1)
		}
		err := check(t, text)
		var bad *config.Error
		switch {
		case tt.want == "" && err == nil:
		case !errors.As(err, &bad) || tt.want == "" || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: got  %v\nwant %s", tt.new, err, tt.want)
		}
	}
}

func TestWrongWordsAreFoundBeforeAnythingIsWritten(t *testing.T) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("orders", 1)
	b.order(0, `{"id":1,"v":"a","op":"u","seq":1}`)
	for _, operators := range []string{"", "operators:\n  - sql: SELECT * FROM input\n"} {
		f, _ := load(t, strings.Replace(b.orderText(dir, operators, ""), "sequence_by: seq", "sequence_by: sec", 1))
		if err := (Run{File: f, Logger: discard}).Do(t.Context()); err == nil || !strings.Contains(err.Error(), "sequence_by: SQL at line 1, column 1: ") || len(snapshot(t, dir)) != 0 {
			t.Errorf("%v; files %v", err, snapshot(t, dir))
		}
	}
}

func TestWordsAreDescribed(t *testing.T) {
	b := &broker{t: t, addr: "b:1"}
	f, _ := load(t, b.orderText("x", "", "    ignore_null_updates: true\n"))
	got := strings.Join(Describe(f.Queries[0]), "\n")
	for _, want := range []string{
		"  applies     by id: each row inserts or updates", "  newest      by seq", "  deletes     when op = 'd'", "  truncates   when op = 't'",
		"  nulls       of an update leave what the table has", "  keeps       of the columns all but op",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %q", got, want)
		}
	}
}

func TestTheExamplesOfChangesAreRight(t *testing.T) {
	text, err := os.ReadFile("../../docs/cdc.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if err := check(t, strings.Replace(b[1], "# ignore_null", "ignore_null", 1)); err != nil {
			t.Errorf("%s\n%v", b[1], err)
		}
	}
}

func TestRowsWithASequenceKeepAHistoryOfItsType(t *testing.T) {
	for _, operators := range []string{"", "operators:\n  - sql: SELECT * FROM input\n"} {
		b, dir := newBroker(t), t.TempDir()
		b.topic("orders", 1)
		f, _ := load(t, b.orderText(dir, operators, "    scd_type: 2\n"))
		b.order(0, `{"id":1,"v":"a","op":"u","seq":1}`, `{"id":2,"v":"b","op":"u","seq":2}`, `{"id":1,"v":"c","op":"u","seq":5}`)
		run(t, f)
		expectTable(t, dir, `id=1;v="a";seq=1;__START_AT=1;__END_AT=5;`, `id=1;v="c";seq=5;__START_AT=5;__END_AT=null;`, `id=2;v="b";seq=2;__START_AT=2;__END_AT=null;`)
		b.order(0, `{"id":1,"v":"late","op":"u","seq":3}`, `{"id":2,"op":"d","seq":9}`, `{"op":"t","seq":8}`, `{"id":1,"v":"again","op":"u","seq":12}`)
		run(t, f)
		expectTable(t, dir, `id=1;v="a";seq=1;__START_AT=1;__END_AT=3;`, `id=1;v="late";seq=3;__START_AT=3;__END_AT=5;`, `id=1;v="c";seq=5;__START_AT=5;__END_AT=8;`,
			`id=1;v="again";seq=12;__START_AT=12;__END_AT=null;`, `id=2;v="b";seq=2;__START_AT=2;__END_AT=8;`)
	}
}
