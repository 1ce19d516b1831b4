package action

import (
	"encoding/json"
	"strconv"

	"github.com/ingestd/ingestd/txlog/internal/jsonenc"
)

// Encode is the content of a commit: one line per action, each ended by a newline. The same actions
// always give the same bytes.
func Encode(actions ...Action) []byte {
	var b []byte
	for _, a := range actions {
		b = append(Append(b, a), '\n')
	}
	return b
}

// Append appends an action as one line of JSON, without the newline. Fields have Spark's order,
// maps the order of their keys; Extra comes last.
func Append(dst []byte, a Action) []byte {
	dst = append(dst, '{')
	dst = jsonenc.AppendString(dst, a.Kind())
	dst = append(dst, ':')
	switch a := a.(type) {
	case *Add:
		dst = appendAdd(dst, a)
	case *Remove:
		dst = appendRemove(dst, a)
	case *Metadata:
		dst = appendMetadata(dst, a)
	case *Protocol:
		dst = appendProtocol(dst, a)
	case *Txn:
		dst = appendTxn(dst, a)
	case *CommitInfo:
		dst = appendCommitInfo(dst, a)
	case *CDC:
		dst = appendCDC(dst, a)
	case *DomainMetadata:
		dst = appendDomainMetadata(dst, a)
	case *CheckpointMetadata:
		o := newObject(dst)
		o.int("version", a.Version)
		o.strings("tags", a.Tags)
		dst = o.end(a.Extra)
	case *Sidecar:
		o := newObject(dst)
		o.string("path", a.Path)
		o.int("sizeInBytes", a.SizeInBytes)
		o.int("modificationTime", a.ModificationTime)
		o.strings("tags", a.Tags)
		dst = o.end(a.Extra)
	case *Unknown:
		dst = append(dst, compact(a.Value)...)
	}
	return append(dst, '}')
}

// object writer: every method leaves out what is nil.
type objectWriter struct {
	dst   []byte
	first bool
}

func newObject(dst []byte) *objectWriter { return &objectWriter{append(dst, '{'), true} }

func (o *objectWriter) key(k string) {
	if !o.first {
		o.dst = append(o.dst, ',')
	}
	o.first = false
	o.dst = jsonenc.AppendString(o.dst, k)
	o.dst = append(o.dst, ':')
}

func (o *objectWriter) string(k, v string) {
	o.key(k)
	o.dst = jsonenc.AppendString(o.dst, v)
}

func (o *objectWriter) optString(k string, v *string) {
	if v != nil {
		o.string(k, *v)
	}
}

func (o *objectWriter) int(k string, v int64) {
	o.key(k)
	o.dst = strconv.AppendInt(o.dst, v, 10)
}

func (o *objectWriter) optInt(k string, v *int64) {
	if v != nil {
		o.int(k, *v)
	}
}

func (o *objectWriter) bool(k string, v bool) {
	o.key(k)
	o.dst = strconv.AppendBool(o.dst, v)
}

func (o *objectWriter) optBool(k string, v *bool) {
	if v != nil {
		o.bool(k, *v)
	}
}

func (o *objectWriter) list(k string, v []string) {
	if v != nil {
		o.key(k)
		o.dst = jsonenc.AppendStrings(o.dst, v)
	}
}

func (o *objectWriter) strings(k string, m map[string]*string) {
	if m == nil {
		return
	}
	o.key(k)
	o.dst = jsonenc.AppendMap(o.dst, m, func(dst []byte, v *string) []byte {
		if v == nil {
			return append(dst, "null"...)
		}
		return jsonenc.AppendString(dst, *v)
	})
}

// end writes extra and closes the object.
func (o *objectWriter) end(extra Extra) []byte {
	if len(extra) > 0 {
		body := jsonenc.AppendMap(nil, extra, func(dst []byte, v json.RawMessage) []byte { return append(dst, compact(v)...) })
		if !o.first {
			o.dst = append(o.dst, ',')
		}
		o.dst = append(o.dst, body[1:len(body)-1]...)
	}
	return append(o.dst, '}')
}
