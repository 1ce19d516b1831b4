package stream

import (
	"maps"
	"slices"
)

// Offsets is a position in a source: for each of its partitions the next offset to read. The name
// of a partition is the source's own ("events/0" for partition 0 of the Kafka topic events) and
// never changes, since sinks remember it.
type Offsets map[string]int64

// Clone copies o.
func (o Offsets) Clone() Offsets { return maps.Clone(o) }

// Partitions lists the partitions in order.
func (o Offsets) Partitions() []string { return slices.Sorted(maps.Keys(o)) }

// Rows counts the offsets from from to o, over the partitions of o; a partition that from lacks counts
// nothing. Offsets may have holes, so it is an upper bound of the records there.
func (o Offsets) Rows(from Offsets) int64 {
	var n int64
	for p, to := range o {
		if f, ok := from[p]; ok && to > f {
			n += to - f
		}
	}
	return n
}
