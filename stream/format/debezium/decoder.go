package debezium

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/internal/jsontext"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Decoder makes batches of changes ([changes.Batch]) of Debezium's events. It is safe for concurrent use.
type Decoder struct {
	opts   Options
	pool   *arrowbuf.Pool
	passed atomic.Int64

	// What one task learns and others need.
	topics    sync.Map // string -> topic
	snapshots sync.Map // string -> *highest
	servers   atomic.Int64
}

var (
	_ stream.Decoder         = (*Decoder)(nil)
	_ stream.MultiDecodeTask = (*task)(nil)
)

// New makes a Decoder. Errors say which option is wrong.
func New(opts Options) (*Decoder, error) {
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Decoder{opts: opts, pool: arrowbuf.NewPool(max(0, opts.KeepMemory))}, nil
}

// Schema is nil: batches have the schemas of their tables.
func (d *Decoder) Schema() *arrow.Schema { return nil }

// Passed is how many events were passed over since they are of no row: heartbeats, boundaries of transactions, changes of a schema,
// messages, and tombstones that follow the deletion that they are of.
func (d *Decoder) Passed() int64 { return d.passed.Load() }

// NewTask makes the state of one worker: a [stream.MultiDecodeTask].
func (d *Decoder) NewTask() stream.DecodeTask {
	s := &jsontext.Scanner{Strict: true}
	t := &task{
		d: d, s: s,
		events: jsonEvent{opts: &d.opts, s: s, values: wrapped[eventSchema]{parse: d.opts.parseValue}, names: map[string]string{}},
		keys:   jsonKeys{s: s, keys: wrapped[keySet]{parse: parseKey}, bySet: map[string]*keySet{}},
		groups: groups{
			opts: &d.opts, pool: d.pool, seed: rand.Uint64, all: map[string]*group{}, found: map[foundBy]*group{}, keep: maxKeptColumns,
			infer: inferrer{opts: &d.opts, s: s, known: map[string]schema.Type{}},
		},
		noKeys: newKeySet(nil, nil),
	}
	if len(d.opts.Keys) > 0 {
		t.keys.configured = newKeySet(d.opts.Keys, nil)
	}
	return t
}

// task is a DecodeTask.
type task struct {
	d      *Decoder
	s      *jsontext.Scanner
	events jsonEvent
	keys   jsonKeys
	groups groups
	noKeys *keySet

	rec      stream.Record // in hand
	ev       event
	sequence changes.Sequence
	topic    topic // of the record before
}

// maxChunk is how many bytes a chunk may have: columns of texts hold no more.
const maxChunk = 1 << 30

// Decode implements [stream.DecodeTask] for chunks of one table; others are an error. The partition's name is that of Kafka.
func (t *task) Decode(recs stream.Records) (arrow.RecordBatch, []stream.Rejected, error) {
	partition := ""
	if recs.Len() > 0 {
		r := recs.At(0)
		partition = fmt.Sprintf("%s/%d", r.Topic, r.Partition)
	}
	batches, rejected, err := t.DecodeAll(partition, recs)
	switch {
	case err != nil || len(batches) == 0:
		return nil, rejected, err
	case len(batches) == 1:
		return batches[0], rejected, nil
	}
	for _, b := range batches {
		b.Release()
	}
	return nil, nil, errors.New("format debezium: changes of several tables, or of several schemas, in one chunk")
}

// DecodeAll implements [stream.MultiDecodeTask]: a batch for each origin and schema of rows. Errors of the options' functions come
// back wrapped.
func (t *task) DecodeAll(partition string, recs stream.Records) (_ []arrow.RecordBatch, rejected []stream.Rejected, err error) {
	defer func() { t.rec, t.s.B, t.ev = stream.Record{}, nil, event{} }() // they are the chunk's
	t.groups.begin()
	defer func() {
		if err != nil {
			for _, g := range t.groups.used {
				g.truncate(0)
				g.used = false
			}
		}
	}()
	size := 0
	for k := range recs.Len() {
		t.rec = recs.At(k)
		if size += len(t.rec.Value) + len(t.rec.Key); size > maxChunk {
			return nil, nil, fmt.Errorf("format debezium: %d records of more than 1 GiB in one chunk; make the chunks of the source smaller", recs.Len())
		}
		reason, err := t.record(recs, k)
		switch {
		case err != nil:
			return nil, nil, err
		case reason == "" || t.d.opts.OnError == Drop:
		case t.d.opts.OnError == Fail:
			return nil, nil, &stream.BadRecordError{Rejected: t.rec.Reject(reason)}
		default:
			rejected = append(rejected, t.rec.Reject(reason))
		}
	}
	var batches []arrow.RecordBatch
	for _, g := range t.groups.used {
		if g.used = false; g.n > 0 {
			batches = append(batches, g.finish(partition))
		}
	}
	return batches, rejected, nil
}

// record takes the record in hand, the k-th. The reason says why it is rejected.
func (t *task) record(recs stream.Records, k int) (reason string, err error) {
	tombstone := t.rec.Value == nil
	if !tombstone {
		if tombstone, reason = t.events.read(t.rec.Key, t.rec.Value, &t.ev); reason != "" {
			return reason, nil
		}
	}
	switch {
	case tombstone:
		return t.tombstone(recs, k)
	case t.ev.form == passed || t.ev.form == whole && t.ev.op == 'm':
		t.d.passed.Add(1)
		return "", nil
	}
	return t.change()
}

// Close implements [stream.DecodeTask].
func (t *task) Close() { t.groups.drop() }
