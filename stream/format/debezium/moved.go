package debezium

import (
	"bytes"

	"github.com/ingestd/ingestd/merge/changes"
)

// Headers by which Debezium ties the two events of a change of key: that of the deletion names the new key, that of the creation the old one.
const (
	newKeyHeader = "__debezium.newkey"
	oldKeyHeader = "__debezium.oldkey"
)

// header is the value of a header of the record in hand; nil where there is none.
func (t *task) header(name string) []byte {
	for _, h := range t.rec.Headers {
		if h.Key == name {
			return h.Value
		}
	}
	return nil
}

// created takes a creation. Where it is one half of a change of key, the old key goes before it: values that the database's log
// does not have are those of the row that had it.
func (t *task) created(op changes.Op) (reason string, err error) {
	old := t.header(oldKeyHeader)
	if old == nil {
		return t.row(op, t.ev.after)
	}
	named, err := t.key(changes.Moved, old)
	if err != nil {
		return "", err
	}
	g := t.groups.cur
	if reason, err = t.row(op, t.ev.after); reason != "" && named {
		g.truncate(g.n - 1)
	}
	return reason, err
}

// deleted takes a deletion of a row, img. Where it is one half of a change of key, the row goes on under the new one, as it was: the other half may
// come in another batch, and lack values that only this row has.
func (t *task) deleted(img image) (reason string, err error) {
	reason, err = t.row(changes.Delete, img)
	key := t.header(newKeyHeader)
	if reason != "" || err != nil || key == nil {
		return reason, err
	}
	_, old, reason := t.keys.read(t.rec.Key)
	if reason != "" || old.none() {
		return "", nil
	}
	named, err := t.key(changes.Moved, t.rec.Key[old.from:old.to])
	if !named || err != nil {
		return "", err
	}
	g := t.groups.cur
	if named, err = t.key(changes.Create, key); !named && err == nil {
		g.truncate(g.n - 1)
	}
	return "", err
}

// key adds a change of which only the key is known, an object of its columns; false where it cannot be read, as Connect's texts of
// some types cannot.
func (t *task) key(op changes.Op, data []byte) (bool, error) {
	from := bytes.IndexByte(data, '{')
	if from < 0 {
		return false, nil
	}
	keys, _, reason := t.keys.read(t.rec.Key)
	if reason != "" {
		return false, nil
	}
	reason, err := t.write(op, data, image{from, len(data)}, keys, true)
	return reason == "", err
}
