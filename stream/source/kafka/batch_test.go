package kafka

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"pgregory.net/rapid"
)

// encodeBatch makes a record batch of these values at first, each a given offset on.
func encodeBatch(first int64, deltas []int32, values [][]byte, attributes int16, last int32) []byte {
	var body []byte
	for i, v := range values {
		r := kmsg.Record{OffsetDelta: deltas[i], TimestampDelta64: int64(i) - 1, Key: []byte("k"), Value: v}
		if i%2 == 0 {
			r.Key = nil
			r.Headers = []kmsg.Header{{Key: "h", Value: v}}
		}
		r.Length = int32(len(r.AppendTo(nil)) - 1) // a length of 0 takes one byte
		body = r.AppendTo(body)
	}
	b := kmsg.RecordBatch{
		FirstOffset: first, Magic: 2, Attributes: attributes, LastOffsetDelta: last, FirstTimestamp: 1000, MaxTimestamp: 5000,
		ProducerID: -1, NumRecords: int32(len(values)), Records: body,
	}
	raw := b.AppendTo(nil)
	binary.BigEndian.PutUint32(raw[atLength:], uint32(len(raw)-lengthPrefix))
	binary.BigEndian.PutUint32(raw[atCRC:], crc32.Checksum(raw[atAttributes:], castagnoli))
	return raw
}

func loadAll(tp topicPartition, keep []batchRef, from, to int64) (*records, error) {
	recs := &records{tp: tp}
	for i := range keep {
		if keep[i].legacy != nil {
			recs.addLegacy(&keep[i], from, to)
			continue
		}
		if _, err := keep[i].load(recs, from, to); err != nil {
			return recs, err
		}
	}
	return recs, nil
}

// What is read of any batches is what kgo reads.
func TestBatchesAreReadAsKgoReadsThem(t *testing.T) {
	tp := topicPartition{"t", 3}
	rapid.Check(t, func(t *rapid.T) {
		p := kmsg.NewFetchResponseTopicPartition()
		p.Partition = 3
		next := rapid.Int64Range(0, 1<<40).Draw(t, "first")
		start := next
		for range rapid.IntRange(0, 4).Draw(t, "batches") {
			values := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 0, 5).Draw(t, "values")
			var deltas []int32
			d := int32(-1)
			for range values {
				d += rapid.Int32Range(1, 3).Draw(t, "hole")
				deltas = append(deltas, d)
			}
			last := max(d, 0) + rapid.Int32Range(0, 2).Draw(t, "tail")
			attributes := rapid.SampledFrom([]int16{0, attrLogAppendTime, attrControl}).Draw(t, "attributes")
			if len(values) == 0 {
				attributes = 0
			}
			p.RecordBatches = append(p.RecordBatches, encodeBatch(next, deltas, values, attributes, last)...)
			next += int64(last) + 1
		}
		if cut := rapid.IntRange(0, 40).Draw(t, "cut off"); cut < len(p.RecordBatches) {
			p.RecordBatches = p.RecordBatches[:len(p.RecordBatches)-cut]
		}
		pos := start + rapid.Int64Range(0, 4).Draw(t, "pos")
		want, wantNext := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{Offset: pos, Topic: "t", Partition: 3}, &p, kgo.DefaultDecompressor(), nil)
		keep, gotNext, err := walk(tp, &p, pos, false)
		if err != nil || gotNext != wantNext {
			t.Fatalf("goes on at %d, %v; kgo at %d", gotNext, err, wantNext)
		}
		got, err := loadAll(tp, keep, pos, gotNext)
		if err != nil || got.Len() != len(want.Records) {
			t.Fatalf("%d records, %v; kgo has %d", got.Len(), err, len(want.Records))
		}
		for i, w := range want.Records {
			g := got.At(i)
			if g.Offset != w.Offset || !bytes.Equal(g.Key, w.Key) || (g.Key == nil) != (w.Key == nil) || !bytes.Equal(g.Value, w.Value) || !g.Timestamp.Equal(w.Timestamp) || len(g.Headers) != len(w.Headers) {
				t.Fatalf("record %d is %+v; kgo's is %+v", i, g, w)
			}
			for k, h := range w.Headers {
				if g.Headers[k].Key != h.Key || !bytes.Equal(g.Headers[k].Value, h.Value) {
					t.Fatalf("record %d has headers %v; kgo's has %v", i, g.Headers, w.Headers)
				}
			}
		}
	})
}

func TestADamagedBatchIsAnError(t *testing.T) {
	tp := topicPartition{"t", 0}
	good := encodeBatch(5, []int32{0, 1}, [][]byte{[]byte("one"), []byte("two")}, 0, 1)
	for at := range good {
		bad := slices.Clone(good)
		bad[at] ^= 0x41
		p := kmsg.NewFetchResponseTopicPartition()
		p.RecordBatches = bad
		keep, next, err := walk(tp, &p, 5, false)
		if err == nil && next > 5 && len(keep) > 0 {
			_, err = loadAll(tp, keep, 5, next)
		}
		// The offset and the leader's epoch, before the checksum's reach, are the broker's to set.
		if err == nil && next > 5 && len(keep) > 0 && at >= atMagic {
			t.Errorf("byte %d changed: it reads to %d without an error", at, next)
		}
	}
}

func TestMessagesOfBeforeKafka011(t *testing.T) {
	m := kmsg.MessageV1{Offset: 7, Magic: 1, Timestamp: 1234, Key: []byte("k"), Value: []byte("old")}
	raw := m.AppendTo(nil)
	m.MessageSize = int32(len(raw) - lengthPrefix)
	raw = m.AppendTo(nil)
	m.CRC = int32(crc32.ChecksumIEEE(raw[16:]))
	p := kmsg.NewFetchResponseTopicPartition()
	p.RecordBatches = append(m.AppendTo(nil), encodeBatch(8, []int32{0}, [][]byte{[]byte("new")}, 0, 0)...)
	tp := topicPartition{"t", 0}
	keep, next, err := walk(tp, &p, 7, true)
	if err != nil || next != 9 {
		t.Fatalf("reads to %d, %v", next, err)
	}
	bad := p
	bad.RecordBatches = slices.Clone(p.RecordBatches)
	bad.RecordBatches[len(m.AppendTo(nil))-1] ^= 1
	if _, next, err := walk(tp, &bad, 7, true); err == nil || next != 7 {
		t.Errorf("a damaged message is passed over: reads to %d, %v", next, err)
	}
	recs, err := loadAll(tp, keep, 7, 9)
	if err != nil || recs.Len() != 2 {
		t.Fatalf("%d records, %v", recs.Len(), err)
	}
	if r := recs.At(0); string(r.Key) != "k" || string(r.Value) != "old" || r.Offset != 7 || r.Timestamp.UnixMilli() != 1234 {
		t.Errorf("record %+v", r)
	}
	if r := recs.At(1); string(r.Value) != "new" || r.Key != nil || len(r.Headers) != 1 {
		t.Errorf("record %+v", r)
	}
}

func FuzzWalk(f *testing.F) {
	f.Add(encodeBatch(0, []int32{0, 2}, [][]byte{[]byte("a"), nil}, 0, 3), int64(0), true)
	f.Add(encodeBatch(9, []int32{0}, [][]byte{[]byte("a")}, attrControl|attrTransactional, 0), int64(3), true)
	f.Add([]byte("\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x09xxxx\x01xxxxxxxxx"), int64(0), false)
	f.Fuzz(func(t *testing.T, raw []byte, pos int64, committed bool) {
		p := kmsg.NewFetchResponseTopicPartition()
		p.RecordBatches = raw
		p.AbortedTransactions = []kmsg.FetchResponseTopicPartitionAbortedTransaction{{ProducerID: -1, FirstOffset: 1}}
		pos = max(pos, 0)
		keep, next, err := walk(topicPartition{"t", 0}, &p, pos, committed)
		if err != nil {
			return
		}
		if next < pos {
			t.Fatalf("goes back from %d to %d", pos, next)
		}
		for i := range keep { // without the checksum, which no fuzzer finds
			if keep[i].legacy == nil {
				recs := &records{}
				if recs.add(&keep[i], keep[i].data[headerSize:], pos, next) == nil {
					for k := range recs.Len() {
						recs.At(k)
					}
				}
			}
		}
	})
}
