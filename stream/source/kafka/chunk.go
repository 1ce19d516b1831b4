package kafka

import (
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/ingestd/ingestd/stream"
)

const (
	// maxChunk and chunkBytes close a chunk: enough to make good Arrow batches, and little enough that
	// many workers share one answer. A small range is cut into smaller chunks, down to minChunk.
	maxChunk   = 16 << 10
	minChunk   = 1 << 10
	chunkBytes = 4 << 20
)

// frame is an answer of a broker: its bytes count against the budget until all chunks of it are done.
type frame struct {
	size   int64
	refs   atomic.Int64
	budget *budget
	broker kgo.BrokerMetadata // who gave it
	chunk  int64              // records that close a chunk of it
}

func (f *frame) done() {
	if f.refs.Add(-1) == 0 {
		f.budget.adjust(-f.size)
	}
}

// section is a run of batches: the offsets [from, to) of a partition and the batches that hold records of them.
type section struct {
	from, to int64
	batches  []batchRef
	frame    *frame
	parked   bool // it holds no reference to frame: it is kept for a later range
}

// sections cuts batches, which cover [from, to), into pieces for one worker each. Each holds a reference to f.
func sections(f *frame, batches []batchRef, from, to int64) []section {
	var out []section
	s := section{from: from, frame: f}
	var count, size int64
	for _, b := range batches {
		s.batches = append(s.batches, b)
		s.to = b.next
		count += b.count
		size += int64(len(b.data))
		if count >= f.chunk || size >= chunkBytes {
			out = append(out, s)
			s = section{from: b.next, frame: f}
			count, size = 0, 0
		}
	}
	switch {
	case len(s.batches) > 0 || len(out) == 0:
		s.to = to
		out = append(out, s)
	default:
		out[len(out)-1].to = to
	}
	f.refs.Add(int64(len(out)))
	return out
}

// cut splits s at an offset within it.
func (s section) cut(at int64) (head, tail section) {
	head, tail = s, s
	head.to, tail.from = at, at
	head.batches, tail.batches = nil, nil
	for _, b := range s.batches {
		if b.first < at {
			head.batches = append(head.batches, b)
		}
		if b.next > at {
			tail.batches = append(tail.batches, b)
		}
	}
	if !s.parked {
		s.frame.refs.Add(1)
	}
	return head, tail
}

// release gives up s unread.
func (s *section) release() {
	if s.frame != nil && !s.parked {
		s.frame.done()
	}
}

var recordsPool = sync.Pool{New: func() any { return new(records) }}

// chunk makes the engine's chunk of s.
func (s section) chunk(src *Source, tp topicPartition) stream.Chunk {
	recs := recordsPool.Get().(*records)
	recs.tp = tp
	c := stream.Chunk{Partition: tp.name(), From: s.from, To: s.to, Records: recs}
	for i := range s.batches {
		c.Bytes += int64(len(s.batches[i].data))
	}
	c.Load = func() error { return s.load(src, tp, recs) }
	c.Done = func() {
		recs.recycle()
		s.release()
	}
	return c
}

// load checks, decompresses and parses the batches.
func (s *section) load(src *Source, tp topicPartition, recs *records) error {
	for i := range s.batches {
		b := &s.batches[i]
		if b.legacy != nil {
			recs.addLegacy(b, s.from, s.to)
			continue
		}
		m, err := b.load(recs, s.from, s.to)
		if err != nil {
			return &CorruptBatchError{tp.topic, tp.partition, b.first, err}
		}
		src.onBatch(s.frame.broker, tp, m)
	}
	return nil
}

func (b *batchRef) load(recs *records, from, to int64) (kgo.FetchBatchMetrics, error) {
	m := kgo.FetchBatchMetrics{NumRecords: int(b.count), CompressedBytes: len(b.data) - headerSize}
	if err := b.checksum(); err != nil {
		return m, err
	}
	raw := b.data[headerSize:]
	codec := kgo.CompressionCodecType(b.attributes() & attrCodec)
	if codec != kgo.CodecNone {
		var err error
		if raw, err = decompressor.Decompress(raw, codec); err != nil {
			return m, err
		}
		recs.pooled = append(recs.pooled, raw)
	}
	m.UncompressedBytes, m.CompressionType = len(raw), uint8(codec)
	return m, recs.add(b, raw, from, to)
}

// recycle gives the buffers back.
func (r *records) recycle() {
	for i, b := range r.pooled {
		bytesPool.PutDecompressBytes(b)
		r.pooled[i] = nil
	}
	clear(r.bufs)
	*r = records{entries: r.entries[:0], bufs: r.bufs[:0], pooled: r.pooled[:0]}
	recordsPool.Put(r)
}

// buffers is a kgo.PoolDecompressBytes.
type buffers struct{ pool sync.Pool }

var (
	bytesPool    = &buffers{}
	decompressor = kgo.DefaultDecompressor(bytesPool)
)

// GetDecompressBytes implements kgo.PoolDecompressBytes.
func (p *buffers) GetDecompressBytes(compressed []byte, _ kgo.CompressionCodecType) []byte {
	if b, ok := p.pool.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 0, 4*len(compressed))
}

// PutDecompressBytes implements kgo.PoolDecompressBytes.
func (p *buffers) PutDecompressBytes(b []byte) { p.pool.Put(&b) }

// onBatch tells the hooks of a batch, as kgo's own consumer would.
func (s *Source) onBatch(broker kgo.BrokerMetadata, tp topicPartition, m kgo.FetchBatchMetrics) {
	for _, h := range s.opts.Hooks {
		if h, ok := h.(kgo.HookFetchBatchRead); ok {
			h.OnFetchBatchRead(broker, tp.topic, tp.partition, m)
		}
	}
}
