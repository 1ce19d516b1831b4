package autocdc_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/json"
	"github.com/ingestd/ingestd/stream/operator/autocdc"
	sqlop "github.com/ingestd/ingestd/stream/operator/sql"
	"github.com/ingestd/ingestd/stream/sink/delta"
	"github.com/ingestd/ingestd/stream/streamtest"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/arrowtest"
	"github.com/ingestd/ingestd/table/expression"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// tester is what testing.TB and rapid.T share.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

func compiler(t *testing.T) expression.Compiler {
	c := sql.NewCompiler(sql.Options{}, nil)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

const columns = "id BIGINT, v STRING, seq BIGINT, op STRING"

// words are those of most tests.
func words(t *testing.T) autocdc.Options {
	return autocdc.Options{Keys: []string{"ID"}, SequenceBy: "seq", DeleteWhen: "op = 'd'", TruncateWhen: "op = 't'", Except: []string{"op"}, Expressions: compiler(t)}
}

// world is a log, and a table that is made of it.
type world struct {
	tester
	log     *streamtest.Log
	stores  map[string]objstore.Store
	words   autocdc.Options
	query   string // SQL before; "" for none
	letters *streamtest.DeadLetters
	soft    bool
}

func newWorld(t tester, o autocdc.Options) *world {
	return &world{tester: t, log: streamtest.NewLog("events", 1), stores: map[string]objstore.Store{}, words: o, letters: &streamtest.DeadLetters{}}
}

// rows is a decoder of JSON.
func (w *world) rows() stream.Decoder {
	s, err := schema.ParseDDL(columns)
	if err != nil {
		w.Fatal(err)
	}
	d, err := json.New(json.Options{Schema: s})
	if err != nil {
		w.Fatal(err)
	}
	return d
}

// run lets a process of its own read what is there, in one batch.
func (w *world) run() error {
	w.Helper()
	sink, err := delta.NewCDC(delta.CDCOptions{Location: "t", Changes: changes.Options{Keys: w.words.Keys, SoftDelete: w.soft}, Partial: w.words.IgnoreNullUpdates,
		Store: func(_ context.Context, url string) (objstore.Store, error) {
			if w.stores[url] == nil {
				w.stores[url] = mem.New()
			}
			return w.stores[url], nil
		}})
	if err != nil {
		w.Fatal(err)
	}
	o := w.words
	o.Admit = sink.Admit
	q := &stream.Query{Name: "q", Source: &streamtest.Source{Log: w.log}, Decoder: w.rows(), Sink: sink, DeadLetters: w.letters, Trigger: stream.AvailableNow(), Workers: 3}
	if w.query != "" {
		q.Operators = []stream.Operator{sqlop.New(sqlop.Options{Query: w.query}), autocdc.NewOperator(o)}
	} else if q.Decoder, err = autocdc.NewDecoder(w.Context(), q.Decoder, o); err != nil {
		return errors.Join(err, q.Source.Close())
	}
	return q.Run(w.Context())
}

// takes reads values and expects no error.
func (w *world) takes(values ...string) {
	w.Helper()
	w.log.Append("events/0", values...)
	if err := w.run(); err != nil {
		w.Fatal(err)
	}
}

// table has these rows.
func (w *world) expect(want ...string) {
	w.Helper()
	t, err := table.Open(w.Context(), w.stores["t"])
	if err != nil {
		w.Fatal(err)
	}
	got := []string{}
	for rec, err := range t.Scan(w.Context(), table.ScanOptions{}) {
		if err != nil {
			w.Fatal(err)
		}
		got = append(got, arrowtest.Rows(rec)...)
		rec.Release()
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		w.Fatalf("the table has\n%q\nand should have\n%q", got, want)
	}
}

// expectLetters are the offsets of the dead letters.
func (w *world) expectLetters(want ...int64) {
	w.Helper()
	var got []int64
	for _, l := range w.letters.Rows() {
		got = append(got, l.Offset)
	}
	if !slices.Equal(got, want) {
		w.Fatalf("the dead letters are at %v and should be at %v", got, want)
	}
}

// event is a record, and the change that it is.
type event struct {
	id, seq int64
	op      string // u, d, t
	v       string // "" is null
}

func (e event) String() string {
	v := "null"
	if e.v != "" {
		v = fmt.Sprintf("%q", e.v)
	}
	id := fmt.Sprint(e.id)
	if e.op == "t" {
		id = "null"
	}
	return fmt.Sprintf(`{"id":%s,"v":%s,"seq":%d,"op":%q}`, id, v, e.seq, e.op)
}

func texts(events []event) []string {
	var out []string
	for _, e := range events {
		out = append(out, e.String())
	}
	return out
}

func row(id int64, v string, seq int64) string {
	if v == "" {
		return fmt.Sprintf("id=%d;v=null;seq=%d;", id, seq)
	}
	return fmt.Sprintf("id=%d;v=%q;seq=%d;", id, v, seq)
}
