package config

import (
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// OffsetSpec is where to start or end: earliest, latest, offsets by topic and partition
// ({events: {0: 42}}, where -2 is earliest and -1 latest, as in Spark), or a point in time
// (RFC 3339, or milliseconds since the epoch).
type OffsetSpec struct {
	Keyword string // "earliest" or "latest"; empty where one of the others holds, or none
	Offsets map[string]map[int32]int64
	Time    *time.Time
}

// IsZero says that the file says nothing.
func (o OffsetSpec) IsZero() bool { return o.Keyword == "" && o.Offsets == nil && o.Time == nil }

func (o *OffsetSpec) decodeNode(d *decoder, n *yaml.Node, key string) {
	if n.Kind == yaml.MappingNode {
		o.decodeOffsets(d, n, key)
		return
	}
	s, ok := d.text(n, key)
	if !ok {
		return
	}
	switch {
	case s == "earliest" || s == "latest":
		o.Keyword = s
	case strings.HasPrefix(strings.TrimSpace(s), "{"): // Spark's JSON spelling, in quotes
		var inner yaml.Node
		if err := yaml.Unmarshal([]byte(s), &inner); err != nil || len(inner.Content) == 0 {
			d.fail(n, key, "is not valid JSON; write {events: {0: 42}}")
			return
		}
		inner.Content[0].Line, inner.Content[0].Column = n.Line, n.Column
		o.decodeOffsets(d, inner.Content[0], key)
	default:
		t, ok := parseInstant(s)
		if !ok {
			d.fail(n, key, "must be earliest, latest, offsets ({events: {0: 42}}) or a time (2026-01-31T00:00:00Z, or milliseconds since the epoch), not %q", s)
			return
		}
		o.Time = &t
	}
}

func (o *OffsetSpec) decodeOffsets(d *decoder, n *yaml.Node, key string) {
	o.Offsets = map[string]map[int32]int64{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		topic, parts := n.Content[i].Value, resolve(n.Content[i+1])
		if parts.Kind != yaml.MappingNode {
			d.fail(parts, join(key, topic), "must map partitions to offsets: {0: 42}")
			continue
		}
		o.Offsets[topic] = map[int32]int64{}
		for j := 0; j+1 < len(parts.Content); j += 2 {
			p, perr := strconv.ParseInt(parts.Content[j].Value, 10, 32)
			off, oerr := strconv.ParseInt(parts.Content[j+1].Value, 10, 64)
			if perr != nil || oerr != nil || p < 0 || off < -2 {
				d.fail(parts.Content[j], join(key, topic), "must map partition numbers to offsets (-2 is earliest, -1 latest)")
				continue
			}
			o.Offsets[topic][int32(p)] = off
		}
	}
}

func parseInstant(s string) (time.Time, bool) {
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.UnixMilli(ms).UTC(), true
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
