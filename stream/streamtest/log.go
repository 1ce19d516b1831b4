package streamtest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ingestd/ingestd/stream"
)

// Log is a partitioned log in memory, as a broker would hold it. Any number of sources read it. All
// methods may be called from many goroutines.
type Log struct {
	mu    sync.Mutex
	parts map[string]*logPart
}

type logPart struct {
	start int64
	end   int64 // the next offset
	recs  []stream.Record
}

// NewLog makes a log with the partitions topic/0 to topic/n-1.
func NewLog(topic string, n int) *Log {
	l := &Log{parts: map[string]*logPart{}}
	for i := range n {
		l.AddPartition(fmt.Sprintf("%s/%d", topic, i))
	}
	return l
}

// AddPartition adds an empty partition; its name is topic/number.
func (l *Log) AddPartition(partition string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parts[partition] = &logPart{}
}

// Append adds records with these values to a partition.
func (l *Log) Append(partition string, values ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.parts[partition]
	topic, n := splitPartition(partition)
	for _, v := range values {
		p.recs = append(p.recs, stream.Record{
			Value: []byte(v), Topic: topic, Partition: n, Offset: p.end,
			Timestamp: time.UnixMilli(1_700_000_000_000 + p.end).UTC(),
		})
		p.end++
	}
}

// Skip leaves a hole of n offsets at the end of a partition.
func (l *Log) Skip(partition string, n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.parts[partition].end += n
}

// Truncate deletes the records below offset, as retention does.
func (l *Log) Truncate(partition string, offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.parts[partition]
	p.start = offset
	p.recs = slices.DeleteFunc(p.recs, func(r stream.Record) bool { return r.Offset < offset })
}

// Recreate empties a partition and lets it begin at offset 0 again.
func (l *Log) Recreate(partition string) { l.AddPartition(partition) }

// Values lists all values there are, by partition in order of name, then by offset.
func (l *Log) Values() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var vs []string
	for _, name := range slices.Sorted(maps.Keys(l.parts)) {
		for _, r := range l.parts[name].recs {
			vs = append(vs, string(r.Value))
		}
	}
	return vs
}

// bounds gives the first offset and the next offset of each partition.
func (l *Log) bounds() (start, end stream.Offsets) {
	l.mu.Lock()
	defer l.mu.Unlock()
	start, end = stream.Offsets{}, stream.Offsets{}
	for name, p := range l.parts {
		start[name], end[name] = p.start, p.end
	}
	return start, end
}

// slice copies out the records in [from, to).
func (l *Log) slice(partition string, from, to int64) (recs []stream.Record, start, end int64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.parts[partition]
	if !ok {
		return nil, 0, 0, false
	}
	for _, r := range p.recs {
		if r.Offset >= from && r.Offset < to {
			recs = append(recs, r)
		}
	}
	return recs, p.start, p.end, true
}

func splitPartition(name string) (string, int32) {
	i := strings.LastIndexByte(name, '/')
	n, err := strconv.ParseInt(name[i+1:], 10, 32)
	if i < 0 || err != nil {
		panic("streamtest: a partition is named topic/number, not " + name)
	}
	return name[:i], int32(n)
}
