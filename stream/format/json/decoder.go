package json

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Decoder makes rows of JSON records. It is safe for concurrent use.
type Decoder struct {
	opts   Options
	pool   *arrowbuf.Pool
	schema *arrow.Schema
}

var _ stream.Decoder = (*Decoder)(nil)

// New compiles a schema. Errors: *SchemaError where a column cannot be read from JSON, or one that
// says which option is wrong.
func New(opts Options) (*Decoder, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Decoder{opts: opts, pool: arrowbuf.NewPool(max(0, opts.KeepMemory))}
	all := &schema.Struct{Fields: slices.Clone(opts.Schema.Fields)}
	for _, m := range opts.Metadata {
		f, ok := metadataFields[m]
		if !ok {
			return nil, fmt.Errorf("format json: metadata: %q is none of topic, partition, offset, timestamp, key", m)
		}
		all.Fields = append(all.Fields, f)
	}
	if opts.OnError == Rescue {
		all.Fields = append(all.Fields, schema.Field{Name: RescuedColumn, Type: schema.String, Nullable: true})
	}
	for i, f := range all.Fields {
		if slices.ContainsFunc(all.Fields[:i], func(g schema.Field) bool { return g.Name == f.Name }) {
			return nil, &SchemaError{Column: f.Name, Reason: "there are two of that name; rename it in the schema, or take it with SQL from a record read without a format"}
		}
	}
	c := compiler{opts: opts, pool: d.pool, seed: rand.Uint64}
	if _, err := c.root(); err != nil { // what NewTask will do
		return nil, err
	}
	if d.schema, err = arrowmap.ToArrow(all); err != nil {
		return nil, err
	}
	return d, nil
}

// Schema is that of the rows: the columns of Options.Schema, metadata columns, [RescuedColumn].
func (d *Decoder) Schema() *arrow.Schema { return d.schema }

// NewTask makes the state of one worker.
func (d *Decoder) NewTask() stream.DecodeTask {
	c := compiler{opts: d.opts, pool: d.pool, seed: rand.Uint64}
	root, err := c.root()
	if err != nil {
		panic(err) // New has made one already
	}
	t := &task{d: d, root: root, s: scanner{Scanner: jsontext.Scanner{Strict: d.opts.Strict}, rescue: d.opts.OnError == Rescue}, schema: d.schema}
	for _, m := range d.opts.Metadata {
		t.meta = append(t.meta, newMetadata(&c, m))
	}
	if t.s.rescue {
		t.rescued = &bytesCol{col: arrowbuf.NewBytes(d.pool), dt: arrow.BinaryTypes.String}
	}
	return t
}

// task is a DecodeTask.
type task struct {
	d       *Decoder
	root    *object
	meta    []metadata
	rescued *bytesCol // nil unless rescuing
	s       scanner
	rec     stream.Record // in hand
	schema  *arrow.Schema // of the last batch
}

// Decode implements [stream.DecodeTask].
func (t *task) Decode(recs stream.Records) (arrow.RecordBatch, []stream.Rejected, error) {
	defer func() { t.rec, t.s.B = stream.Record{}, nil }() // they are the chunk's
	n := recs.Len()
	t.reserve(n)
	rows, size := 0, 0
	var rejected []stream.Rejected
	for k := range n {
		t.rec = recs.At(k)
		rec := &t.rec
		if size += len(rec.Value) + len(rec.Key); size > math.MaxInt32/2 {
			t.truncate(0)
			return nil, nil, fmt.Errorf("format json: %d records of more than 1 GiB in one chunk; make the chunks of the source smaller", n)
		}
		if reason := t.row(rec, rows); reason == "" {
			rows++
			continue
		} else if t.d.opts.OnError == Fail {
			t.truncate(0)
			return nil, nil, &stream.BadRecordError{Rejected: rec.Reject(reason)}
		} else if t.d.opts.OnError != Drop {
			rejected = append(rejected, rec.Reject(reason))
		}
		t.truncate(rows)
	}
	return t.finish(rows), rejected, nil
}

// row reads rec into row i and gives the reason where it is rejected.
func (t *task) row(rec *stream.Record, i int) (reason string) {
	if rec.Value == nil {
		return "the value is null (a tombstone)"
	}
	s := &t.s
	s.B, s.extra, s.rescued = rec.Value, false, s.rescued[:0]
	if !t.s.record(t.root, i) {
		return s.Failure.Reason()
	}
	for k := range t.meta {
		t.meta[k].set(i, rec)
	}
	if t.rescued != nil {
		if len(s.rescued) == 0 {
			t.rescued.null(i)
		} else {
			t.rescued.col.Set(i, append(s.rescued, '}'))
		}
	}
	return ""
}

// record reads the whole record as one object into slot i.
func (s *scanner) record(root *object, i int) bool {
	p := 0
	if len(s.B) == 0 || s.B[0] <= ' ' {
		if p = s.Space(p); p == len(s.B) {
			s.Fail(p, jsontext.KindSyntax, "", "an empty record")
			return false
		}
	}
	if s.B[p] != '{' {
		s.Fail(p, jsontext.KindSyntax, "an object", "something else")
		return false
	}
	if p = root.read(s, p, i); p < 0 {
		return false
	}
	if p < len(s.B) {
		if p = s.Space(p); p < len(s.B) {
			s.Fail(p, jsontext.KindSyntax, "the end of the record", "more")
			return false
		}
	}
	return true
}

func (t *task) reserve(n int) {
	for k := range t.root.fields {
		t.root.fields[k].reserve(n)
	}
	for k := range t.meta {
		t.meta[k].reserve(n)
	}
	if t.rescued != nil {
		t.rescued.reserve(n)
	}
}

func (t *task) truncate(i int) {
	for k := range t.root.fields {
		t.root.fields[k].truncate(i)
	}
	for k := range t.meta {
		t.meta[k].truncate(i)
	}
	if t.rescued != nil {
		t.rescued.truncate(i)
	}
}

// finish makes a batch of the first n rows.
func (t *task) finish(n int) arrow.RecordBatch {
	cols := make([]arrow.Array, 0, t.schema.NumFields())
	add := func(x interface{ finish(int) arrow.ArrayData }) {
		data := x.finish(n)
		cols = append(cols, array.MakeFromData(data))
		data.Release()
	}
	for k := range t.root.fields {
		add(&t.root.fields[k])
	}
	for k := range t.meta {
		add(t.meta[k])
	}
	if t.rescued != nil {
		add(t.rescued)
	}
	t.fitSchema(cols)
	batch := array.NewRecordBatch(t.schema, cols, int64(n))
	for _, c := range cols {
		c.Release()
	}
	return batch
}

// fitSchema makes the schema of the batch that of cols, which differ from the Decoder's where they are dictionaries.
func (t *task) fitSchema(cols []arrow.Array) {
	same := true
	for k, c := range cols {
		same = same && c.DataType().ID() == t.schema.Field(k).Type.ID()
	}
	if same {
		return
	}
	fields := slices.Clone(t.d.schema.Fields())
	for k, c := range cols {
		fields[k].Type = c.DataType()
	}
	t.schema = arrow.NewSchema(fields, nil)
}

// Close implements [stream.DecodeTask].
func (t *task) Close() {
	t.root.drop()
	for k := range t.meta {
		t.meta[k].drop()
	}
	if t.rescued != nil {
		t.rescued.drop()
	}
}
