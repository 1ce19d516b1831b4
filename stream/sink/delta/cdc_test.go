package delta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/txlog"
)

// lake is stores by their URL, with what tests apply changes to.
type lake struct {
	t       *testing.T
	stores  map[string]objstore.Store
	letters *DeadLetters
	dead    objstore.Store
	now     time.Time
	options changes.Options // of live
}

func newLake(t *testing.T) *lake {
	dead := mem.New()
	return &lake{t: t, stores: map[string]objstore.Store{}, dead: dead, letters: NewDeadLetters(options(dead)), now: time.UnixMilli(1_790_000_000_000)}
}

func (l *lake) store(url string) objstore.Store {
	if l.stores[url] == nil {
		l.stores[url] = mem.New()
	}
	return l.stores[url]
}

// sink is that of a process of its own.
func (l *lake) sink(location string, o changes.Options) *CDC {
	l.t.Helper()
	t := options(nil)
	t.Checkpointed = true
	t.Now = func() time.Time { return l.now }
	s, err := NewCDC(CDCOptions{
		Location: Location(location), Table: t, Changes: o,
		Store: func(_ context.Context, url string) (objstore.Store, error) { return l.store(url), nil },
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

// ev is an event of one row: of topic, partition 0.
type ev struct {
	table   string
	offset  int64
	op      changes.Op
	id      int64
	v       string
	bad     string // why it is refused whatever the sink says
	untimed bool   // when it happened is not known
	at      int64  // where it was read, of a letter that comes again; 0: at offset of its topic
	shape   string // "": id and v are columns; "n": v is a number; "w": there is w too; "s": id is short; "k": id is a list; "none": there is no id
}

func (e ev) batch() changes.Batch {
	b := changes.Batch{Origin: changes.Origin{Database: "db", Schema: "public", Table: e.table, Topic: e.table}, Keys: []string{"id"}}
	if e.op == changes.Truncate {
		b.Keys = nil
		return b
	}
	id := arrow.Field{Name: "id", Type: arrow.PrimitiveTypes.Int64}
	v := arrow.Field{Name: "v", Type: arrow.BinaryTypes.String, Nullable: true}
	switch e.shape {
	case "n":
		v.Type = arrow.PrimitiveTypes.Int64
	case "k":
		id.Type = arrow.ListOf(arrow.PrimitiveTypes.Int64)
	case "none":
		id.Name = "other"
	}
	b.Columns = []arrow.Field{id, v}
	switch e.shape {
	case "w":
		b.Columns = append(b.Columns, arrow.Field{Name: "W", Type: arrow.BinaryTypes.String, Nullable: true})
	case "s":
		b.Columns[0].Type = arrow.PrimitiveTypes.Int32
	}
	return b
}

func (e ev) partition() string {
	if e.at != 0 {
		return "_dead_letter/0"
	}
	return e.table + "/0"
}

func (e ev) position() int64 { return max(e.offset, e.at) }

// rows is the event as a decoder gives it.
func (e ev) rows() arrow.RecordBatch {
	s := e.batch().Schema()
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	n := 0
	if e.op != changes.Truncate {
		switch f := b.Field(0).(type) {
		case *array.Int64Builder:
			f.Append(e.id)
		case *array.Int32Builder:
			f.Append(int32(e.id))
		}
		if e.shape == "w" {
			b.Field(2).(*array.StringBuilder).Append(e.v)
		}
		switch f := b.Field(1).(type) {
		case *array.StringBuilder:
			f.Append(e.v)
		case *array.Int64Builder:
			f.Append(e.id)
		}
		n = len(e.batch().Columns)
	}
	b.Field(n).(*array.Int8Builder).Append(int8(e.op))
	b.Field(n + 1).(*array.BinaryBuilder).Append(changes.Sequence(nil).Number(e.offset + 1))
	b.Field(n + 2).AppendNull()
	if e.untimed {
		b.Field(n + 3).AppendNull()
	} else {
		b.Field(n + 3).(*array.TimestampBuilder).Append(arrow.Timestamp(e.offset + 1))
	}
	b.Field(n + 4).(*array.StringBuilder).Append(e.partition())
	b.Field(n + 5).(*array.Int64Builder).Append(e.position())
	rec := b.NewRecordBatch()
	if n == 0 {
		return rec
	}
	defer rec.Release()
	return array.NewRecordBatch(s, rec.Columns(), rec.NumRows())
}

// begin writes a batch as the engine does, up to its commit.
func (l *lake) begin(s *CDC, id stream.BatchID, events ...ev) (stream.Writer, stream.DeadLetterWriter) {
	l.t.Helper()
	w, err := s.Begin(l.t.Context(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	d, err := l.letters.Begin(l.t.Context(), id)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, e := range events {
		reason := e.bad
		if reason == "" {
			if reason, err = s.Admit(l.t.Context(), e.batch()); err != nil {
				l.t.Fatal(err)
			}
		}
		if reason != "" {
			r := stream.Record{Topic: e.table, Offset: e.offset, At: e.at, Value: fmt.Append(nil, e.id)}
			err = d.Add(l.t.Context(), e.partition(), []stream.Rejected{r.Reject(reason)})
		} else {
			err = w.Write(l.t.Context(), e.rows())
		}
		if err != nil {
			l.t.Fatal(err)
		}
	}
	return w, d
}

// ends is what a batch of such events reaches.
func ends(events []ev) (from, reached stream.Offsets) {
	from, reached = stream.Offsets{}, stream.Offsets{}
	for _, e := range events {
		p := e.partition()
		if at, ok := from[p]; !ok || e.position() < at {
			from[p] = e.position()
		}
		reached[p] = max(reached[p], e.position()+1)
	}
	return from, reached
}

// run does a batch until it is done, and says how often it was tried.
func (l *lake) run(s *CDC, events ...ev) (tries int) {
	l.t.Helper()
	from, reached := ends(events)
	for tries = 1; tries < 10; tries++ {
		w, d := l.begin(s, stream.BatchID{Query: "q", From: from}, events...)
		if err := d.Commit(l.t.Context(), reached); err != nil {
			l.t.Fatal(err)
		}
		_, err := w.Commit(l.t.Context(), reached)
		if err == nil {
			return tries
		}
		if !objstore.IsRetryable(err) {
			l.t.Fatal(err)
		}
	}
	l.t.Fatal("the batch is tried for ever")
	return 0
}

// rows are those of a table, sorted; nil where there is none.
func (l *lake) rows(url string) []string {
	l.t.Helper()
	tab, err := table.Open(l.t.Context(), l.store(url))
	if notATable(err) {
		return nil
	}
	if err != nil {
		l.t.Fatal(err)
	}
	out := []string{}
	for rec, err := range tab.Scan(l.t.Context(), table.ScanOptions{}) {
		if err != nil {
			l.t.Fatal(err)
		}
		out = append(out, arrowtest.Rows(rec)...)
		rec.Release()
	}
	slices.Sort(out)
	return out
}

func (l *lake) expect(url string, want ...string) {
	l.t.Helper()
	if got := l.rows(url); !slices.Equal(got, want) {
		l.t.Errorf("%s has %q, want %q", url, got, want)
	}
}

// refused are the dead letters: "table@offset", sorted.
func (l *lake) refused() (where, reasons []string) {
	l.t.Helper()
	tab, err := table.Open(l.t.Context(), l.dead)
	if notATable(err) {
		return nil, nil
	}
	if err != nil {
		l.t.Fatal(err)
	}
	for rec, err := range tab.Scan(l.t.Context(), table.ScanOptions{Columns: []string{"topic", "offset", "reason"}}) {
		if err != nil {
			l.t.Fatal(err)
		}
		for i := range int(rec.NumRows()) {
			where = append(where, fmt.Sprintf("%s@%d", rec.Column(0).ValueStr(i), rec.Column(1).(*array.Int64).Value(i)))
			reasons = append(reasons, strings.Clone(rec.Column(2).ValueStr(i)))
		}
		rec.Release()
	}
	slices.Sort(where)
	return where, reasons
}

func (l *lake) put(url, key, text string) {
	l.t.Helper()
	if _, err := l.store(url).Put(l.t.Context(), key, objstore.Bytes([]byte(text)), objstore.Cond{}); err != nil {
		l.t.Fatal(err)
	}
}

const (
	firstCommit = "_delta_log/00000000000000000000.json"
	metadata    = `{"metaData":{"id":"x","format":{"provider":"parquet","options":{}},"schemaString":"{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,\"metadata\":{}},{\"name\":\"v\",\"type\":\"string\",\"nullable\":true,\"metadata\":{}}]}","partitionColumns":[],"configuration":{CONF},"createdTime":1}}`
)

func TestOneBrokenTableDoesNotStopTheOthers(t *testing.T) {
	for name, commit := range map[string]string{
		"a feature that nobody knows": `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["mystery"],"writerFeatures":["mystery"]}}` + "\n" + strings.Replace(metadata, "CONF", "", 1),
		"a corrupt log":               "{nonsense",
		"a constraint":                `{"protocol":{"minReaderVersion":1,"minWriterVersion":3}}` + "\n" + strings.Replace(metadata, "CONF", `"delta.constraints.c":"id > 100"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			l := newLake(t)
			var events []ev
			want := []string{"b0@0"}
			for i := range 12 { // more than the engine tries a batch
				broken := fmt.Sprint("b", i)
				l.put("lake/"+broken, firstCommit, commit)
				events = append(events, ev{table: broken, offset: 1, op: changes.Create, id: 1}, ev{table: broken, offset: 2, op: changes.Delete, id: 2}, ev{table: fmt.Sprint("good", i), offset: 1, op: changes.Create, id: 1})
				want = append(want, broken+"@1", broken+"@2")
			}
			events = append(events, ev{table: "b0", offset: 0, bad: "not decoded"})
			s := l.sink("lake/{table}", changes.Options{})
			if tries := l.run(s, events...); tries > 2 {
				t.Errorf("%d tries", tries)
			}
			for i := range 12 {
				l.expect(fmt.Sprint("lake/good", i), `id=1;v="";`)
			}
			slices.Sort(want)
			got, reasons := l.refused()
			if !slices.Equal(got, want) {
				t.Errorf("dead letters are %q, want %q: %q", got, want, reasons)
			}
		})
	}
}

func TestABrokenTableIsTriedAgainAfterAWhile(t *testing.T) {
	l := newLake(t)
	l.put("lake/a", firstCommit, "{nonsense")
	s := l.sink("lake/{table}", changes.Options{})
	l.run(s, ev{table: "a", offset: 0, op: changes.Create, id: 1})
	l.stores["lake/a"] = mem.New()
	l.run(s, ev{table: "a", offset: 1, op: changes.Create, id: 2})
	if got, _ := l.refused(); !slices.Equal(got, []string{"a@0", "a@1"}) {
		t.Errorf("dead letters %q", got)
	}
	l.now = l.now.Add(time.Minute)
	l.run(s, ev{table: "a", offset: 2, op: changes.Create, id: 3})
	l.expect("lake/a", `id=3;v="";`)
}

func TestATableThatWasOpenAndBreaksIsOpenedAnewAfterAWhile(t *testing.T) {
	l := newLake(t)
	s := l.sink("lake/{table}", changes.Options{})
	l.run(s, ev{table: "a", offset: 0, op: changes.Create, id: 1})
	l.put("lake/a", fmt.Sprintf("_delta_log/%020d.json", openTable(t, l.store("lake/a")).Version()+1), "{nonsense")
	l.run(s, ev{table: "a", offset: 1, op: changes.Create, id: 2}, ev{table: "b", offset: 1, op: changes.Create, id: 2})
	l.stores["lake/a"] = mem.New()
	l.now = l.now.Add(time.Minute)
	l.run(s, ev{table: "a", offset: 2, op: changes.Create, id: 3})
	l.expect("lake/a", `id=3;v="";`)
	l.expect("lake/b", `id=2;v="";`)
	if got, _ := l.refused(); !slices.Equal(got, []string{"a@1"}) {
		t.Errorf("dead letters %q", got)
	}
}

func TestABatchThatIsDoneAgainLeavesOutWhatTablesHave(t *testing.T) {
	l := newLake(t)
	events := []ev{{table: "a", offset: 0, op: changes.Create, id: 1, v: "x"}, {table: "b", offset: 0, op: changes.Create, id: 2, v: "y"}}
	l.run(l.sink("lake/{table}", changes.Options{}), events...)
	before := openTable(t, l.store("lake/a")).Version()
	l.run(l.sink("lake/{table}", changes.Options{}), events...)
	if after := openTable(t, l.store("lake/a")).Version(); after != before {
		t.Errorf("a batch of known changes made version %d of %d", after, before)
	}
	l.expect("lake/a", `id=1;v="x";`)
}

func TestATableOfManyHoldsThePositionsOfItsOwnPartitions(t *testing.T) {
	l := newLake(t)
	l.run(l.sink("lake/{table}", changes.Options{}), ev{table: "a", offset: 0, op: changes.Create, id: 1}, ev{table: "b", offset: 0, op: changes.Create, id: 2})
	if txns := maps.Collect(openTable(t, l.store("lake/a")).Snapshot().Txns()); len(txns) != 1 || txns["q/a/0"] != 1 {
		t.Errorf("it holds %v", txns)
	}
}

func TestAProcessThatWasPausedTakesNoPositionBack(t *testing.T) {
	for _, location := range []string{"lake/a", "lake/{table}"} {
		l := newLake(t)
		first := []ev{{table: "a", offset: 0, op: changes.Create, id: 1, v: "x"}}
		from, reached := ends(first)
		l.run(l.sink(location, changes.Options{}), first[0], ev{table: "a", offset: 1, op: changes.Delete, id: 1}, ev{table: "a", offset: 2, op: changes.Create, id: 2})
		paused := l.sink(location, changes.Options{})
		w, d := l.begin(paused, stream.BatchID{Query: "q", From: from}, first...)
		if err := d.Commit(t.Context(), reached); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Commit(t.Context(), reached); err != nil {
			t.Fatal(err)
		}
		if at, _ := Position(openTable(t, l.store("lake/a")), "q", "a/0"); at != 3 {
			t.Errorf("%s: it stands at %d", location, at)
		}
		l.expect("lake/a", `id=2;v="";`)
	}
}

func TestOfTwoProcessesWithOneBatchOneIsFenced(t *testing.T) {
	l := newLake(t)
	events := []ev{{table: "a", offset: 0, op: changes.Create, id: 1, v: "x"}}
	from, reached := ends(events)
	l.run(l.sink("lake/{table}", changes.Options{}), ev{table: "a", offset: 0, bad: "x"}, ev{table: "a", offset: 0, op: changes.Truncate})
	var writers []stream.Writer
	for range 2 {
		w, _ := l.begin(l.sink("lake/{table}", changes.Options{}), stream.BatchID{Query: "q", From: from}, events...)
		writers = append(writers, w)
	}
	if _, err := writers[0].Commit(t.Context(), reached); err != nil {
		t.Fatal(err)
	}
	if _, err := writers[1].Commit(t.Context(), reached); !errors.Is(err, stream.ErrFenced) {
		t.Errorf("the second: %v", err)
	}
	l.expect("lake/a", `id=1;v="x";`)
}

func TestATopicThatIsMadeAnewIsReadAnew(t *testing.T) {
	for _, location := range []string{"lake/a", "lake/{table}"} {
		l := newLake(t)
		s := l.sink(location, changes.Options{})
		l.run(s, ev{table: "a", offset: 0, op: changes.Create, id: 1}, ev{table: "a", offset: 9, op: changes.Create, id: 2})
		w, _ := l.begin(s, stream.BatchID{Query: "q", From: stream.Offsets{"a/0": 10}})
		if _, err := w.Commit(t.Context(), stream.Offsets{"a/0": 0}); err != nil {
			t.Fatal(err)
		}
		l.run(s, ev{table: "a", offset: 0, op: changes.Create, id: 3})
		l.expect("lake/a", `id=1;v="";`, `id=2;v="";`, `id=3;v="";`)
	}
}

func TestATableTakesTheChangesOfOneSource(t *testing.T) {
	l := newLake(t)
	s := l.sink("lake/all", changes.Options{})
	l.run(s, ev{table: "a", offset: 0, op: changes.Create, id: 1, v: "x"}, ev{table: "b", offset: 0, op: changes.Delete, id: 1}, ev{table: "b", offset: 1, op: changes.Truncate})
	l.run(l.sink("lake/all", changes.Options{}), ev{table: "b", offset: 2, op: changes.Create, id: 5})
	l.expect("lake/all", `id=1;v="x";`)
	where, reasons := l.refused()
	if !slices.Equal(where, []string{"b@0", "b@1", "b@2"}) || !strings.Contains(reasons[0], "of db.public.b") || !strings.Contains(reasons[0], "of db.public.a") {
		t.Errorf("dead letters %q: %q", where, reasons)
	}
	if p, _ := openTable(t, l.store("lake/all")).Snapshot().Properties().Get(txlog.PropSource); p != "db.public.a" {
		t.Errorf("the source is %q", p)
	}
}

func TestATruncationNeedsNoKeyThatIsConfigured(t *testing.T) {
	l := newLake(t)
	s := l.sink("lake/{table}", changes.Options{Keys: []string{"ID"}})
	l.run(s, ev{table: "a", offset: 0, op: changes.Truncate})
	if l.rows("lake/a") != nil {
		t.Error("a truncation made a table")
	}
	l.run(s, ev{table: "a", offset: 1, op: changes.Create, id: 1}, ev{table: "a", offset: 2, op: changes.Truncate}, ev{table: "a", offset: 3, op: changes.Create, id: 2})
	l.run(s, ev{table: "a", offset: 4, op: changes.Truncate})
	l.expect("lake/a")
	if where, reasons := l.refused(); where != nil {
		t.Errorf("refused %q: %q", where, reasons)
	}
}

func TestKeysThatCannotBeAreRefusedBeforeAnythingIsWritten(t *testing.T) {
	for shape, want := range map[string]string{"k": "cannot be a key", "none": "no column id"} {
		l := newLake(t)
		s := l.sink("lake/{table}", changes.Options{})
		reason, err := s.Admit(t.Context(), ev{table: "a", shape: shape}.batch())
		if err != nil || !strings.Contains(reason, want) {
			t.Errorf("%s: %q %v", shape, reason, err)
		}
		if l.rows("lake/a") != nil {
			t.Errorf("%s: there is a table", shape)
		}
	}
}

func TestChangesThatDoNotFitTogetherAreRefusedAndTheOthersApplied(t *testing.T) {
	for _, location := range []string{"lake/a", "lake/{table}"} {
		l := newLake(t)
		s := l.sink(location, changes.Options{SchemaChange: changes.Lenient})
		l.run(s, ev{table: "a", offset: 0, op: changes.Create, id: 1, shape: "n"})
		l.run(s, ev{table: "a", offset: 1, op: changes.Create, id: 2, v: "no number"}, ev{table: "a", offset: 2, op: changes.Create, id: 3, shape: "n"})
		l.expect("lake/a", "id=1;v=1;", "id=3;v=3;")
		if where, reasons := l.refused(); !slices.Equal(where, []string{"a@1"}) {
			t.Errorf("refused %q: %q", where, reasons)
		}
	}
}

func TestLettersThatAreRefusedAgainStayLetters(t *testing.T) {
	l := newLake(t)
	l.run(l.sink("lake/{table}", changes.Options{}), ev{table: "a", offset: 1, bad: "x"}, ev{table: "b", offset: 1, bad: "x"}, ev{table: "c", offset: 1, bad: "x"})
	l.put("lake/b", firstCommit, `{"protocol":{"minReaderVersion":1,"minWriterVersion":3}}`+"\n"+strings.Replace(metadata, "CONF", `"delta.constraints.c":"id > 100"`, 1))
	again := []ev{
		{table: "a", offset: 1, at: 100, op: changes.Create, id: 1},
		{table: "b", offset: 1, at: 101, op: changes.Create, id: 1}, // its table breaks when the letters are committed
		{table: "c", offset: 1, at: 102, bad: "still"},
	}
	for range 2 { // the second time as by a process that does not know how far the first has come
		l.run(l.sink("lake/{table}", changes.Options{}), again...)
		l.expect("lake/a", `id=1;v="";`)
		if got, reasons := l.refused(); !slices.Equal(got, []string{"a@1", "b@1", "b@1", "c@1", "c@1"}) {
			t.Errorf("dead letters %q: %q", got, reasons)
		}
	}
}

// The columns change in the middle of a batch, and with them the type of the key.
func TestColumnsThatChangeInTheMiddleOfABatchAreFollowed(t *testing.T) {
	l := newLake(t)
	s := l.sink("lake/{table}", changes.Options{})
	l.run(s, ev{table: "a", offset: 0, op: changes.Create, id: 1, v: "x", shape: "s"}, ev{table: "a", offset: 1, op: changes.Create, id: 2, v: "x", shape: "s"})
	l.run(s, ev{table: "a", offset: 2, op: changes.Update, id: 1, v: "y", shape: "s"}, ev{table: "a", offset: 3, op: changes.Update, id: 1, v: "z", shape: "w"},
		ev{table: "a", offset: 4, op: changes.Create, id: 1 << 40, v: "new"}, ev{table: "a", offset: 5, op: changes.Delete, id: 2, shape: "s"})
	l.expect("lake/a", `id=1099511627776;v="new";W=null;`, `id=1;v="z";W="z";`)
	l.run(s, ev{table: "a", offset: 1, op: changes.Create, id: 2, v: "again"}, ev{table: "a", offset: 6, op: changes.Delete, id: 1})
	l.expect("lake/a", `id=1099511627776;v="new";W=null;`)
	if where, reasons := l.refused(); where != nil {
		t.Errorf("refused %q: %q", where, reasons)
	}
}
