package kafka

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Offsets of fields in the header of a record batch (magic 2), and its size.
const (
	atLength     = 8
	atMagic      = 16
	atCRC        = 17
	atAttributes = 21
	atLastDelta  = 23
	atFirstTime  = 27
	atMaxTime    = 35
	atProducer   = 43
	atCount      = 57
	headerSize   = 61
	lengthPrefix = 12 // the length counts from behind itself
	minBatch     = 17 // of a batch or message of any version: up to its magic
)

// Bits of the attributes.
const (
	attrCodec         = 0x07
	attrLogAppendTime = 0x08
	attrTransactional = 0x10
	attrControl       = 0x20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batchRef is a record batch within an answer, as it came.
type batchRef struct {
	data  []byte
	first int64 // offset of the first record
	next  int64 // offset after the last
	count int64 // of records, by the header
	// legacy are the records of message sets of before Kafka 0.11, decoded already; data is nil then.
	legacy []*kgo.Record
}

func (b *batchRef) attributes() uint16 { return binary.BigEndian.Uint16(b.data[atAttributes:]) }
func (b *batchRef) producer() int64    { return int64(binary.BigEndian.Uint64(b.data[atProducer:])) }

// checksum says whether the batch is as it was written.
func (b *batchRef) checksum() error {
	want, got := binary.BigEndian.Uint32(b.data[atCRC:]), crc32.Checksum(b.data[atAttributes:], castagnoli)
	if want != got {
		return fmt.Errorf("its checksum is %08x, its header says %08x", got, want)
	}
	return nil
}

// cutBatch takes the first batch off raw by its header. ok is false where raw ends within it.
func cutBatch(raw []byte) (b batchRef, rest []byte, ok bool, err error) {
	if len(raw) < minBatch {
		return b, nil, false, nil
	}
	length := int64(int32(binary.BigEndian.Uint32(raw[atLength:]))) + lengthPrefix
	if length < lengthPrefix {
		return b, nil, false, fmt.Errorf("its length is %d", length-lengthPrefix)
	}
	if int64(len(raw)) < length {
		return b, nil, false, nil
	}
	b.first = int64(binary.BigEndian.Uint64(raw))
	if magic := raw[atMagic]; magic != 2 || length < headerSize {
		return b, nil, false, fmt.Errorf("it has magic %d and %d bytes", magic, length)
	}
	b.data, rest = raw[:length:length], raw[length:]
	delta := int32(binary.BigEndian.Uint32(raw[atLastDelta:]))
	b.count = int64(int32(binary.BigEndian.Uint32(raw[atCount:])))
	if b.first < 0 || delta < 0 || b.count < 0 || b.count > int64(delta)+1 {
		return b, nil, false, fmt.Errorf("it says it has %d records from offset %d to %d more", b.count, b.first, delta)
	}
	b.next = b.first + int64(delta) + 1
	return b, rest, true, nil
}

// walk goes through the batches of a partition's answer from offset pos. It gives those that hold
// records for us, and where to go on: behind control batches and aborted transactions too.
func walk(tp topicPartition, p *kmsg.FetchResponseTopicPartition, pos int64, committed bool) ([]batchRef, int64, error) {
	var aborts aborts
	if committed {
		aborts = newAborts(p.AbortedTransactions)
	}
	var keep []batchRef
	for raw := p.RecordBatches; len(raw) > 0; {
		if old := legacyLen(raw); old > 0 {
			var err error
			whole := false
			if keep, pos, whole, err = walkLegacy(tp, p, raw[:old], pos, keep); !whole {
				return keep, pos, err
			}
			raw = raw[old:]
			continue
		}
		b, rest, ok, err := cutBatch(raw)
		if err != nil {
			return keep, pos, &CorruptBatchError{tp.topic, tp.partition, b.first, err}
		}
		if !ok {
			break // the answer was cut off here
		}
		raw = rest
		if b.next <= pos {
			continue
		}
		skip := aborts.skip(&b)
		pos = b.next
		if !skip && b.count > 0 {
			keep = append(keep, b)
		}
	}
	return keep, pos, nil
}

// legacyLen is how many bytes at the start of raw are messages of before Kafka 0.11.
func legacyLen(raw []byte) int {
	n := 0
	for len(raw)-n >= minBatch && raw[n+atMagic] < 2 {
		length := int64(int32(binary.BigEndian.Uint32(raw[n+atLength:]))) + lengthPrefix
		if length < minBatch || length > int64(len(raw)-n) {
			return len(raw) // cut off, or damaged: kgo tells
		}
		n += int(length)
	}
	return n
}

// walkLegacy has kgo decode messages of before Kafka 0.11. Where they are damaged it gives those before, and not whole;
// with none before it is an error.
func walkLegacy(tp topicPartition, p *kmsg.FetchResponseTopicPartition, raw []byte, pos int64, keep []batchRef) (_ []batchRef, next int64, whole bool, err error) {
	part := *p
	part.RecordBatches = raw
	fetched, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: pos, IsolationLevel: kgo.ReadCommitted(), Topic: tp.topic, Partition: tp.partition,
	}, &part, kgo.DefaultDecompressor(), nil)
	if len(fetched.Records) > 0 {
		keep = append(keep, batchRef{first: fetched.Records[0].Offset, next: next, count: int64(len(fetched.Records)), legacy: fetched.Records})
	} else if fetched.Err != nil {
		return keep, pos, false, &CorruptBatchError{tp.topic, tp.partition, pos, fetched.Err}
	}
	return keep, next, fetched.Err == nil, nil
}

// aborts tells the batches of aborted transactions, by producer: the first offsets, ascending, of
// those whose end has not been passed.
type aborts map[int64][]int64

func newAborts(list []kmsg.FetchResponseTopicPartitionAbortedTransaction) aborts {
	a := aborts{}
	for _, t := range list {
		a[t.ProducerID] = append(a[t.ProducerID], t.FirstOffset)
	}
	for _, firsts := range a {
		slices.Sort(firsts) // not every broker does
	}
	return a
}

// skip says whether a batch has no records for us: it is a control batch, or part of an aborted transaction.
func (a aborts) skip(b *batchRef) bool {
	attr := b.attributes()
	if attr&attrTransactional == 0 {
		return attr&attrControl != 0
	}
	firsts := a[b.producer()]
	begun := len(firsts) > 0 && firsts[0] <= b.first
	if attr&attrControl == 0 {
		return begun
	}
	if begun && isAbort(b) {
		a[b.producer()] = firsts[1:]
	}
	return true
}

// isAbort says whether a control batch ends a transaction by aborting it: the key of its one
// record is a version and a type, 0 for abort.
func isAbort(b *batchRef) bool {
	var e entry
	if _, err := parseRecord(b.data[headerSize:], &e); err != nil || e.keyLen < 4 {
		return false
	}
	key := b.data[headerSize+int(e.key):]
	return binary.BigEndian.Uint16(key[2:]) == 0
}
