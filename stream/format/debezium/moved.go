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

// created takes a creation. Where it is one half of a change of key, the old key goes before it, among rows of the same columns: values that
// the database's log does not have are those of the row that had it.
func (t *task) created(op changes.Op) (reason string, err error) {
	reason, err = t.row(op, t.ev.after)
	old := t.header(oldKeyHeader)
	if old == nil || reason != "" || err != nil {
		return reason, err
	}
	g := t.groups.cur
	g.truncate(g.n - 1)
	t.key(changes.Moved, old)
	return t.row(op, t.ev.after)
}

// deleted takes a deletion of a row, img. Where it is one half of a change of key, the row goes on under the new one, as it was: the other half may
// come in another batch, and lack values that only this row has.
func (t *task) deleted(img image) (reason string, err error) {
	reason, err = t.row(changes.Delete, img)
	key := t.header(newKeyHeader)
	if reason != "" || err != nil || key == nil || !t.groups.cur.row.hasMore() {
		return reason, err
	}
	_, old, reason := t.keys.read(t.rec.Key)
	if reason != "" || old.none() {
		return "", nil
	}
	if !t.key(changes.Moved, t.rec.Key[old.from:old.to]) {
		return "", nil
	}
	if !t.key(changes.Create, key) {
		g := t.groups.cur
		g.truncate(g.n - 1)
	}
	return "", nil
}

// key adds a change of which only the key is known, an object of its columns, to those of the columns that the row in hand has. It says whether it
// could be read, as Connect's texts of some types cannot; what a header has says nothing of types.
func (t *task) key(op changes.Op, data []byte) bool {
	from := bytes.IndexByte(data, '{')
	if from < 0 {
		return false
	}
	g := t.groups.cur
	t.s.B = data
	g.row.keyOnly, g.row.foreign, g.row.header = true, true, true
	q := g.row.read(t.s, from, g.n)
	if g.row.header = false; q < 0 {
		g.row.truncate(g.n)
		return false
	}
	if op == changes.Create {
		g.row.knowsKey()
	}
	t.add(g, op)
	return true
}
