package service

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/internal/config"
)

// change produces an event of a row of table, which is its topic's name behind "shop.".
func (b *broker) change(table, op string, id int, lsn int, v string) {
	b.t.Helper()
	row := fmt.Sprintf(`{"id":%d,"v":%s}`, id, v)
	after, before := row, "null"
	if op == "d" {
		after, before = "null", row
	}
	value := fmt.Sprintf(`{"op":%q,"before":%s,"after":%s,"source":{"connector":"postgresql","db":"db","schema":"public","table":%q,"lsn":%d,"ts_ms":1},"ts_ms":1}`, op, before, after, table, lsn)
	r := &kgo.Record{Topic: "shop." + table, Key: fmt.Appendf(nil, `{"id":%d}`, id), Value: []byte(value)}
	if err := b.client.ProduceSync(b.t.Context(), r).FirstErr(); err != nil {
		b.t.Fatal(err)
	}
}

// breakTable puts a log into a folder that is none.
func breakTable(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "_delta_log"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "_delta_log", "00000000000000000000.json"), []byte("{nonsense"), 0o644); err != nil {
		t.Fatal(err)
	}
}

func shop(t *testing.T) (*broker, string, *config.File, Builder) {
	b, dir := newBroker(t), t.TempDir()
	b.topic("shop.a", 1)
	b.topic("shop.b", 1)
	return b, dir, cdcFile(t, b, dir, `shop\..*`, ""), Builder{Logger: slog.New(slog.DiscardHandler)}
}

func TestDeadLettersOfManyTablesAreReplayedOnce(t *testing.T) {
	b, dir, f, builder := shop(t)
	broken := dir + "/shop.b"
	breakTable(t, broken)
	b.change("a", "c", 1, 1, `"x"`)
	b.change("b", "c", 1, 2, `"x"`)
	b.change("b", "c", 2, 3, `"y"`)
	b.change("b", "z", 3, 4, `"y"`)
	run(t, f)
	if n, w := rows(t, dir+"/shop.a"), waiting(t, builder, f, false); n != 1 || len(w) != 3 {
		t.Fatalf("%d rows, dead letters %q", n, w)
	}
	replay(t, f, builder)
	if w := waiting(t, builder, f, false); len(w) != 3 {
		t.Fatalf("replayed into a table that is still broken: %q", w)
	}
	if err := os.RemoveAll(broken); err != nil {
		t.Fatal(err)
	}
	replay(t, f, builder)
	replay(t, f, builder)
	if n, w := rows(t, broken), waiting(t, builder, f, false); n != 2 || len(w) != 1 || !strings.Contains(w[0], `"z"`) {
		t.Fatalf("%d rows, dead letters %q", n, w)
	}
	b.change("b", "d", 1, 9, `null`)
	run(t, f)
	if n := rows(t, broken); n != 1 {
		t.Errorf("%d rows at the end", n)
	}
}

func TestDeadLettersOfOneTableThatAreRefusedAgainDoNotMultiply(t *testing.T) {
	b, dir, f, builder := shop(t)
	f.Queries[0].Sink.Delta.Table, f.Queries[0].CheckpointLocation = dir+"/a", ""
	b.change("a", "c", 1, 1, `"x"`)
	b.change("a", "z", 2, 2, `"x"`)
	b.change("b", "c", 3, 3, `"x"`) // of another table
	run(t, f)
	for range 3 {
		if n, w := rows(t, dir+"/a"), waiting(t, builder, f, false); n != 1 || len(w) != 2 {
			t.Fatalf("%d rows, dead letters %q", n, w)
		}
		replay(t, f, builder)
	}
}

func TestShowingDeadLettersMakesNoCheckpoint(t *testing.T) {
	b, dir, f, builder := shop(t)
	b.change("a", "z", 1, 1, `"x"`)
	run(t, f)
	before := snapshot(t, dir)
	if w := waiting(t, builder, f, false); len(w) != 1 {
		t.Errorf("dead letters %q", w)
	}
	if !maps.Equal(before, snapshot(t, dir)) {
		t.Error("to look changed files")
	}
}

func TestADryRunOfChangesTellsOfEachTable(t *testing.T) {
	b, dir, f, _ := shop(t)
	b.topic("shop.c", 1)
	b.change("a", "c", 1, 1, `"x"`)
	run(t, f)
	breakTable(t, dir+"/shop.c")
	b.change("a", "c", 2, 2, `"y","w":1`)
	b.change("b", "c", 1, 3, `"x"`)
	b.change("b", "u", 1, 4, `"y"`)
	b.change("b", "z", 1, 5, `"y"`)
	b.change("c", "c", 1, 6, `"y"`)
	before := snapshot(t, dir)
	d := dryRun(t, f, 100)
	t.Cleanup(d.Release)
	if !maps.Equal(before, snapshot(t, dir)) {
		t.Error("the dry run changed files")
	}
	if d.Records != 6 || d.NumRows != 3 || len(d.Tables) != 2 || len(d.Rejected) != 2 {
		t.Fatalf("got %+v", d)
	}
	for i, want := range []DryRunTable{
		{Table: TableDifference{Location: dir + "/shop.a", Exists: true, New: []string{"w"}}, NumRows: 2},
		{Table: TableDifference{Location: dir + "/shop.b", New: []string{"id", "v"}}, NumRows: 1},
	} {
		got := d.Tables[i]
		if got.NumRows != want.NumRows || fmt.Sprint(got.Table) != fmt.Sprint(want.Table) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func TestTablesOfChangesAreNotReconciled(t *testing.T) {
	_, _, f, b := shop(t)
	for _, mode := range []string{"cdc", "merge"} {
		f.Queries[0].Sink.Delta.Mode = mode
		if _, err := b.Reconcile(t.Context(), f.Queries[0], ReconcileOptions{}); err == nil || !strings.Contains(err.Error(), "mode "+mode+" cannot be reconciled") {
			t.Errorf("%s: %v", mode, err)
		}
	}
}

func TestQueriesOfChangesAreDescribed(t *testing.T) {
	_, dir, f, _ := shop(t)
	got := strings.Join(Describe(f.Queries[0]), "\n")
	for _, want := range []string{
		"decodes     Debezium's changes", "else        a record that does not fit goes to the dead letters",
		"Delta tables " + dir + "/{topic}, one for each, mode cdc", "applies     by the keys of the changes", "columns     new ones are added",
		"rejects to  Delta table " + dir + "/shop_dead_letter", "each table holds how far it has come",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nlacks %q", got, want)
		}
	}
	f.Queries[0].Sink.Delta.SCDType = 2
	if got := strings.Join(Describe(f.Queries[0]), "\n"); !strings.Contains(got, "each version of a row is kept, from __START_AT to __END_AT") {
		t.Error(got)
	}
}

const merging = `name: q
source: {kafka: {brokers: ["b:1"], topics: [t]}}
format: {json: {schema: id INT}}
sink:
  delta:
    table: t
    mode: merge
    on: t.id = s.id
    when:
      - MATCHED THEN DELETE
      - WHEN
`

func TestAClauseOfAMergeIsCheckedWithTheFile(t *testing.T) {
	if err := check(t, strings.Replace(merging, "WHEN\n", "NOT MATCHED THEN INSERT *\n", 1)); err != nil {
		t.Error(err)
	}
	for clause, want := range map[string]string{"MATCHED THEN DELET": "p.yaml:11:9: sink.delta.when[1]: ", "MATCHED AND THEN DELETE": "p.yaml:11:9: sink.delta.when[1]: "} {
		err := check(t, strings.Replace(merging, "WHEN\n", clause+"\n", 1))
		if bad := (*config.Error)(nil); !errors.As(err, &bad) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", clause, err)
		}
	}
}
