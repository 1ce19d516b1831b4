package sample

import (
	"encoding/json"
	"fmt"

	"github.com/ingestd/ingestd/internal/applog"
	"github.com/ingestd/ingestd/internal/shop"
	"github.com/ingestd/ingestd/internal/shopdb"
	"github.com/ingestd/ingestd/internal/suggest"
)

// Kinds are the kinds of events that there are.
var Kinds = []string{"shop", "app-log", "debezium"}

// Source makes the records of a kind: next appends what they hold to buf, which is given back.
type source interface {
	topics() []string
	next(buf []byte) (shopdb.Event, []byte)
	// appendLine appends a record as a line of text, without the line's end.
	appendLine(dst []byte, e shopdb.Event) []byte
}

// newSource makes a source; an error says that the kind is unknown.
func newSource(o Options) (source, error) {
	switch o.Kind {
	case "shop":
		return values{shop.New(o.Seed, o.Start), o.topic("events")}, nil
	case "app-log":
		return values{applog.New(o.Seed, o.Start), o.topic("events")}, nil
	case "debezium":
		return changes{shopdb.New(o.Seed, o.Start, o.topic("shop"))}, nil
	}
	return nil, fmt.Errorf("there is no kind of event %q%s", o.Kind, suggest.DidYouMean(o.Kind, Kinds))
}

// values are records of a value alone.
type values struct {
	events interface{ Append(dst []byte) []byte }
	topic  string
}

func (v values) topics() []string { return []string{v.topic} }

func (v values) next(buf []byte) (shopdb.Event, []byte) {
	start := len(buf)
	buf = v.events.Append(buf)
	return shopdb.Event{Topic: v.topic, Value: buf[start:len(buf):len(buf)]}, buf
}

func (v values) appendLine(dst []byte, e shopdb.Event) []byte { return append(dst, e.Value...) }

// changes are change events of a database.
type changes struct{ *shopdb.Database }

func (c changes) topics() []string { return c.Topics() }

func (c changes) next(buf []byte) (shopdb.Event, []byte) { return c.Next(buf) }

// appendLine appends an object with the topic, the key and the value, which are JSON or null, and the headers.
func (c changes) appendLine(dst []byte, e shopdb.Event) []byte {
	dst = append(dst, `{"topic":`...)
	dst = appendText(dst, e.Topic)
	dst = append(dst, `,"key":`...)
	dst = appendOrNull(dst, e.Key)
	dst = append(dst, `,"value":`...)
	dst = appendOrNull(dst, e.Value)
	dst = append(dst, `,"headers":{`...)
	for i, h := range e.Headers {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendText(dst, h.Name), ':')
		dst = appendText(dst, h.Value)
	}
	return append(dst, "}}"...)
}

func appendOrNull(dst, json []byte) []byte {
	if json == nil {
		return append(dst, "null"...)
	}
	return append(dst, json...)
}

func appendText(dst []byte, s string) []byte {
	b, _ := json.Marshal(s) // texts always marshal
	return append(dst, b...)
}
