package kafka

import (
	"errors"
	"time"
)

// Position is a spelling of starting_offsets or ending_offsets. The zero Position is Latest.
type Position struct {
	kind     positionKind
	at       time.Time
	offsets  map[string]map[int32]int64
	times    map[string]map[int32]time.Time
	orLatest bool
}

type positionKind int

const (
	latest positionKind = iota
	earliest
	exact
	timestamp
	timestamps
)

// The offsets that stand for positions within Exact, as in Spark.
const (
	OffsetLatest   int64 = -1
	OffsetEarliest int64 = -2
)

// Latest is after the newest record.
func Latest() Position { return Position{} }

// Earliest is the oldest record that is there.
func Earliest() Position { return Position{kind: earliest} }

// Exact gives an offset for each partition of each topic; all must be named. OffsetLatest and
// OffsetEarliest stand for those positions.
func Exact(offsets map[string]map[int32]int64) Position {
	return Position{kind: exact, offsets: offsets}
}

// Timestamp is the first record of each partition at or after t. Where there is none it is an
// error, or with orLatest the end (Spark's starting_offsets_by_timestamp_strategy error and latest).
func Timestamp(t time.Time, orLatest bool) Position {
	return Position{kind: timestamp, at: t, orLatest: orLatest}
}

// Timestamps is Timestamp with a time for each partition of each topic; all must be named.
func Timestamps(times map[string]map[int32]time.Time, orLatest bool) Position {
	return Position{kind: timestamps, times: times, orLatest: orLatest}
}

// checkEnd says why p cannot be an end.
func (p Position) checkEnd() error {
	if p.kind == earliest {
		return errors.New("kafka source: ending_offsets cannot be earliest")
	}
	for _, parts := range p.offsets {
		for _, o := range parts {
			if o == OffsetEarliest {
				return errors.New("kafka source: ending_offsets cannot hold -2 (earliest)")
			}
		}
	}
	return nil
}

// Earliest and latest as timestamps of a ListOffsets request.
const (
	askLatest   int64 = -1
	askEarliest int64 = -2
)

// query is what p means for one partition: an offset, or with offset -1 the timestamp to ask the
// broker for. ok is false where p does not name the partition.
func (p Position) query(tp topicPartition) (ask, offset int64, ok bool) {
	switch p.kind {
	case earliest:
		return askEarliest, -1, true
	case timestamp:
		return p.at.UnixMilli(), -1, true
	case timestamps:
		t, ok := p.times[tp.topic][tp.partition]
		return t.UnixMilli(), -1, ok
	case exact:
		o, ok := p.offsets[tp.topic][tp.partition]
		if o < 0 {
			return o, -1, ok
		}
		return 0, o, ok
	default:
		return askLatest, -1, true
	}
}

// isTime says whether a broker's "no such offset" can be the answer.
func (p Position) isTime() bool { return p.kind == timestamp || p.kind == timestamps }
