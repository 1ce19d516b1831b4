package feature

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
)

// Properties that ask for all features of a protocol version.
const (
	minReaderVersion = "delta.minReaderVersion"
	minWriterVersion = "delta.minWriterVersion"
)

// askedFor are the features that properties ask for by name.
func askedFor(properties map[string]string) ([]string, error) {
	var names []string
	for k, v := range properties {
		name, ok := strings.CutPrefix(k, explicit)
		if !ok {
			continue
		}
		// "enabled" is what early versions of Spark wrote.
		if v = strings.ToLower(strings.TrimSpace(v)); v != "supported" && v != "enabled" {
			return nil, &InvalidProtocolError{fmt.Sprintf("the property %s is %q; the only value that it can have is supported", k, v)}
		}
		if f, ok := ByName(name); ok {
			name = f.Name
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// versions are protocol versions that properties ask for, 0 if they do not, and the features these stand for.
type versions struct {
	reader, writer int
	features       []string
}

// above: the versions ask for more than p has by its numbers.
func (v versions) above(p *action.Protocol) bool {
	return v.reader > p.MinReaderVersion || v.writer > p.MinWriterVersion
}

// askedVersions reads minReaderVersion and minWriterVersion. A version stands for the features that it implies.
func askedVersions(p *action.Protocol, properties map[string]string) (versions, error) {
	var v versions
	var err error
	if v.reader, err = version(properties, minReaderVersion, MaxReader); err != nil {
		return v, err
	}
	if v.writer, err = version(properties, minWriterVersion, MaxWriter); err != nil {
		return v, err
	}
	if v.reader == MaxReader && max(v.writer, p.MinWriterVersion) < MaxWriter {
		return v, &InvalidProtocolError{fmt.Sprintf("%s=%d needs %s=%d", minReaderVersion, MaxReader, minWriterVersion, MaxWriter)}
	}
	if v.reader < MaxReader && v.writer < MaxWriter { // 3 and 7 imply nothing: they list
		v.features = implied(func(f *Feature) bool {
			return f.LegacyReader > 0 && f.LegacyReader <= v.reader || f.LegacyWriter > 0 && f.LegacyWriter <= v.writer
		})
	}
	return v, nil
}

func version(properties map[string]string, key string, highest int) (int, error) {
	text, ok := properties[key]
	if !ok {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil || n < 1 || n > highest {
		return 0, &InvalidProtocolError{fmt.Sprintf("the property %s is %q and must be a number from 1 to %d", key, text, highest)}
	}
	return n, nil
}

// Steers says whether the property only steers the protocol of the table, and is never stored.
func Steers(key string) bool {
	return strings.HasPrefix(key, explicit) || key == minReaderVersion || key == minWriterVersion
}

// Stored are the properties without those that only steer the protocol of the table
// (delta.feature.*, delta.minReaderVersion, delta.minWriterVersion), which a metaData action never holds.
func Stored(properties map[string]string) map[string]string {
	out := make(map[string]string, len(properties))
	for k, v := range properties {
		if !Steers(k) {
			out[k] = v
		}
	}
	return out
}
