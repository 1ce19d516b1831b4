package kafka

import (
	"encoding/binary"
	"errors"
	"math"
	"time"

	"github.com/ingestd/ingestd/stream"
)

// entry is where a record lies in the decompressed bytes of its batch. Lengths are -1 for null.
type entry struct {
	offset    int64
	timestamp int64 // ms
	buf       int32 // which bytes
	key       int32
	keyLen    int32
	value     int32
	valueLen  int32
	headers   int32 // where the headers begin
	headerN   int32
}

var errRecord = errors.New("a record is cut off or malformed")

// parseRecord reads the first record of raw into e, with offset and timestamp as deltas, and gives its size.
func parseRecord(raw []byte, e *entry) (int, error) {
	length, at := varint(raw, 0)
	if at < 0 || length < 1 || length > int64(len(raw)-at) {
		return 0, errRecord
	}
	size := at + int(length)
	raw = raw[:size]
	at++ // attributes: unused
	e.timestamp, at = varint(raw, at)
	e.offset, at = varint(raw, at)
	if e.key, e.keyLen, at = span(raw, at); at < 0 {
		return 0, errRecord
	}
	if e.value, e.valueLen, at = span(raw, at); at < 0 {
		return 0, errRecord
	}
	n, at := varint(raw, at)
	if at < 0 || n < 0 || n > int64(len(raw)) {
		return 0, errRecord
	}
	e.headers, e.headerN = int32(at), int32(n)
	return size, nil
}

// varint reads a zigzag varint at at and gives what is behind it, -1 where raw ends before that or at is -1.
func varint(raw []byte, at int) (int64, int) {
	if at < 0 || at >= len(raw) {
		return 0, -1
	}
	if b := raw[at]; b < 0x80 { // most are one byte
		return int64(b>>1) ^ -int64(b&1), at + 1
	}
	v, n := binary.Varint(raw[at:])
	if n <= 0 {
		return 0, -1
	}
	return v, at + n
}

// span reads a length and skips so many bytes; length -1 is null.
func span(raw []byte, at int) (start, length int32, next int) {
	n, at := varint(raw, at)
	if at < 0 || n > int64(len(raw)-at) || n < -1 {
		return 0, 0, -1
	}
	if n < 0 {
		return int32(at), -1, at
	}
	return int32(at), int32(n), at + int(n)
}

// records implements stream.Records over the bytes of some batches.
type records struct {
	tp      topicPartition
	entries []entry
	bufs    [][]byte
	pooled  [][]byte // those of bufs that go back to the pool
}

func (r *records) Len() int { return len(r.entries) }

func (r *records) At(i int) stream.Record {
	e := &r.entries[i]
	buf := r.bufs[e.buf]
	return stream.Record{
		Key: slice(buf, e.key, e.keyLen), Value: slice(buf, e.value, e.valueLen),
		Topic: r.tp.topic, Partition: r.tp.partition, Offset: e.offset,
		Timestamp: time.UnixMilli(e.timestamp).UTC(), Headers: headers(buf, e),
	}
}

func slice(buf []byte, at, n int32) []byte {
	if n < 0 {
		return nil
	}
	return buf[at : at+n : at+n]
}

// headers reads the headers of a record; those that are malformed end the list.
func headers(buf []byte, e *entry) []stream.Header {
	if e.headerN == 0 {
		return nil
	}
	hs := make([]stream.Header, 0, min(e.headerN, 64))
	at := int(e.headers)
	for range e.headerN {
		var key, keyLen, value, valueLen int32
		if key, keyLen, at = span(buf, at); at < 0 || keyLen < 0 {
			break
		}
		if value, valueLen, at = span(buf, at); at < 0 {
			break
		}
		hs = append(hs, stream.Header{Key: string(slice(buf, key, keyLen)), Value: slice(buf, value, valueLen)})
	}
	return hs
}

// add parses the records of a batch's bytes that lie in [from, to) and appends them.
func (r *records) add(b *batchRef, raw []byte, from, to int64) error {
	if len(raw) > math.MaxInt32 {
		return errors.New("it is larger than 2 GiB")
	}
	buf := int32(len(r.bufs))
	r.bufs = append(r.bufs, raw)
	first := int64(binary.BigEndian.Uint64(b.data[atFirstTime:]))
	last := int64(binary.BigEndian.Uint64(b.data[atMaxTime:]))
	appended := b.attributes()&attrLogAppendTime != 0
	at := 0
	for range b.count {
		var e entry
		size, err := parseRecord(raw[at:], &e)
		if err != nil {
			return err
		}
		e.offset += b.first
		if e.offset >= from && e.offset < to {
			e.timestamp += first
			if appended {
				e.timestamp = last
			}
			e.buf = buf
			e.key += int32(at)
			e.value += int32(at)
			e.headers += int32(at)
			r.entries = append(r.entries, e)
		}
		at += size
	}
	return nil
}

// addLegacy puts records that kgo has decoded into the same form.
func (r *records) addLegacy(b *batchRef, from, to int64) {
	for _, rec := range b.legacy {
		if rec.Offset < from || rec.Offset >= to {
			continue
		}
		e := entry{offset: rec.Offset, timestamp: rec.Timestamp.UnixMilli(), buf: int32(len(r.bufs)), keyLen: -1, valueLen: -1}
		var raw []byte
		if rec.Key != nil {
			e.keyLen = int32(len(rec.Key))
			raw = append(raw, rec.Key...)
		}
		e.value = int32(len(raw))
		if rec.Value != nil {
			e.valueLen = int32(len(rec.Value))
			raw = append(raw, rec.Value...)
		}
		r.bufs = append(r.bufs, raw)
		r.entries = append(r.entries, e)
	}
}
