package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Batch is an entry of the offset log.
type Batch struct {
	ID   int64
	From map[string]int64 // nil in an entry that Spark wrote
	To   map[string]int64
	Run  string    // of the process that began it; empty in an entry that Spark wrote
	Time time.Time // when it was begun
}

// logVersion heads every entry, as in Spark.
const logVersion = "v1"

// batchMetadata is Spark's OffsetSeqMetadata with two keys of our own, which Spark ignores.
type batchMetadata struct {
	WatermarkMs  int64             `json:"batchWatermarkMs"`
	TimestampMs  int64             `json:"batchTimestampMs"`
	Conf         map[string]string `json:"conf"`
	Run          string            `json:"runId,omitempty"`
	StartOffsets json.RawMessage   `json:"startOffsets,omitempty"`
}

func (b Batch) encode() []byte {
	m := batchMetadata{TimestampMs: b.Time.UnixMilli(), Conf: map[string]string{}, Run: b.Run}
	if b.From != nil {
		m.StartOffsets = EncodeOffsets(b.From)
	}
	line, err := json.Marshal(m)
	if err != nil {
		panic(err) // made of numbers, strings and valid JSON
	}
	return fmt.Appendf(nil, "%s\n%s\n%s", logVersion, line, EncodeOffsets(b.To))
}

// decodeBatch reads an entry of the offset log.
func decodeBatch(id int64, data []byte) (Batch, error) {
	body, err := cutHeader(data)
	if err != nil {
		return Batch{}, err
	}
	meta, offsets, ok := bytes.Cut(body, []byte("\n"))
	if !ok {
		return Batch{}, errTorn
	}
	if sources := bytes.Split(bytes.TrimSuffix(offsets, []byte("\n")), []byte("\n")); len(sources) != 1 {
		return Batch{}, fmt.Errorf("it has %d sources; a query has one", len(sources))
	}
	var m batchMetadata
	if err := json.Unmarshal(meta, &m); err != nil {
		return Batch{}, fmt.Errorf("metadata %q: %w", clip(meta), err)
	}
	b := Batch{ID: id, Run: m.Run, Time: time.UnixMilli(m.TimestampMs).UTC()}
	if b.To, err = DecodeOffsets(offsets); err != nil {
		return Batch{}, err
	}
	if m.StartOffsets == nil {
		return b, nil
	}
	if b.From, err = DecodeOffsets(m.StartOffsets); err != nil {
		return Batch{}, err
	}
	for p, at := range b.To {
		if _, ok := b.From[p]; !ok {
			return Batch{}, fmt.Errorf("it ends at %d of %s but does not say where it starts", at, p)
		}
	}
	return b, nil
}

var errTorn = errors.New("it is empty or cut off")

// cutHeader checks the first line and gives the rest.
func cutHeader(data []byte) ([]byte, error) {
	version, body, ok := bytes.Cut(data, []byte("\n"))
	if !ok {
		return nil, errTorn
	}
	if string(version) != logVersion {
		return nil, fmt.Errorf("it begins with %q; this program reads %s", clip(version), logVersion)
	}
	return body, nil
}
