package checkpoint

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// EncodeOffsets writes offsets as Spark does: {"topic":{"partition":offset}}. Names that are not of
// the form topic/number go below the empty topic.
func EncodeOffsets(o map[string]int64) json.RawMessage {
	byTopic := map[string]map[string]int64{}
	for name, at := range o {
		topic, part := splitName(name)
		if byTopic[topic] == nil {
			byTopic[topic] = map[string]int64{}
		}
		byTopic[topic][part] = at
	}
	b, err := json.Marshal(byTopic)
	if err != nil {
		panic(err) // maps of strings and integers always marshal
	}
	return b
}

// DecodeOffsets reads what EncodeOffsets or Spark's Kafka source wrote.
func DecodeOffsets(b []byte) (map[string]int64, error) {
	var byTopic map[string]map[string]int64
	if err := json.Unmarshal(b, &byTopic); err != nil {
		return nil, fmt.Errorf("offsets %q: %w", clip(b), err)
	}
	if byTopic == nil {
		return nil, fmt.Errorf("offsets %q are not an object", clip(b))
	}
	o := map[string]int64{}
	for topic, parts := range byTopic {
		for part, at := range parts {
			name := part
			if topic != "" {
				if !isNumber(part) {
					return nil, fmt.Errorf("offsets of topic %s: partition %q is not a number", topic, part)
				}
				name = topic + "/" + part
			}
			if at < 0 {
				return nil, fmt.Errorf("offset %d of %s is negative", at, name)
			}
			o[name] = at
		}
	}
	return o, nil
}

func splitName(name string) (topic, part string) {
	i := strings.LastIndexByte(name, '/')
	if i <= 0 || !isNumber(name[i+1:]) {
		return "", name
	}
	return name[:i], name[i+1:]
}

// isNumber says whether s is a partition number as it prints.
func isNumber(s string) bool {
	n, err := strconv.ParseInt(s, 10, 32)
	return err == nil && n >= 0 && strconv.FormatInt(n, 10) == s
}

func clip(b []byte) string {
	const most = 60
	if len(b) > most {
		return string(b[:most]) + "..."
	}
	return string(b)
}
