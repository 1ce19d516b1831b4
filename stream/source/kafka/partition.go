package kafka

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/stream"
)

// topicPartition is the key of a partition.
type topicPartition struct {
	topic     string
	partition int32
}

// name is the partition's name in stream.Offsets.
func (tp topicPartition) name() string {
	return tp.topic + "/" + strconv.FormatInt(int64(tp.partition), 10)
}

// parsePartition is the inverse of name.
func parsePartition(name string) (topicPartition, error) {
	i := strings.LastIndexByte(name, '/')
	if i > 0 {
		if n, err := strconv.ParseInt(name[i+1:], 10, 32); err == nil && n >= 0 {
			return topicPartition{name[:i], int32(n)}, nil
		}
	}
	return topicPartition{}, fmt.Errorf("%q does not name a partition of a Kafka topic (topic/number): is this the checkpoint or table of another query?", name)
}

func named(m map[topicPartition]int64) stream.Offsets {
	o := stream.Offsets{}
	for tp, at := range m {
		o[tp.name()] = at
	}
	return o
}
