package debezium

import (
	"bytes"

	"github.com/ingestd/ingestd/merge/changes"
)

// What the parts of an event mean, however they were written.

// change takes the event in hand.
func (t *task) change() (reason string, err error) {
	ev := &t.ev
	t.learnTopic(ev)
	op := changes.Op(ev.op)
	if ev.form == flat {
		switch op = flatOp(ev); op {
		case 0:
			return "an unknown op", nil
		case changes.Delete:
			return t.deleted(ev.after)
		}
		return t.created(op)
	}
	switch op {
	case changes.Create, changes.Read, changes.Update:
		if ev.after.none() {
			return "an event of op " + string(rune(op)) + " without after", nil
		}
		switch {
		case op == changes.Update && !ev.before.none() && t.keys.configured != nil:
			return t.update()
		case op == changes.Create:
			return t.created(op)
		}
		return t.row(op, ev.after)
	case changes.Delete:
		return t.deleted(ev.before)
	case changes.Truncate:
		return t.truncated()
	}
	return "an unknown op", nil
}

// flatOp is the operation of a flattened row: without one that was added it has become so.
func flatOp(ev *event) changes.Op {
	switch op := changes.Op(ev.op); {
	case ev.deleted || op == changes.Delete:
		return changes.Delete
	case op == 0:
		return changes.Update
	case op == changes.Create || op == changes.Read || op == changes.Update:
		return op
	}
	return 0
}

// row takes a change of one row, img. Of one that is deleted the key is read alone: the rest is, unless the table has REPLICA
// IDENTITY FULL, made up by the connector. Where there is no row, the record's key is it.
func (t *task) row(op changes.Op, img image) (reason string, err error) {
	keys, key, reason := t.keys.read(t.rec.Key)
	if reason != "" {
		return reason, nil
	}
	data, ofKey := t.rec.Value, false
	if img.none() {
		if key.none() {
			return "an event that deletes, without before and without a key", nil
		}
		data, img, ofKey = t.rec.Key, key, true
	}
	if data[img.from] != '{' {
		return noStruct, nil
	}
	return t.write(op, data, img, keys, ofKey)
}

const noStruct = "a row that is no object of columns; MongoDB's documents can be read as ExtractNewDocumentState leaves them"

// write reads a row from data and adds the change.
func (t *task) write(op changes.Op, data []byte, img image, keys *keySet, ofKey bool) (reason string, err error) {
	ev := &t.ev
	t.s.B = data
	g := t.groups.of(ev, keys, t.rec.Topic)
	if g == nil {
		if g, reason, err = t.newGroup(img.from, keys, ofKey); reason != "" || err != nil {
			return reason, err
		}
	}
	for try := 0; ; try++ {
		if g.refused != "" && (g.row == nil || !g.row.open) {
			return g.refused, nil
		}
		g.row.keyOnly, g.row.foreign = op == changes.Delete || ofKey, ofKey
		q := g.row.read(t.s, img.from, g.n)
		if q >= 0 && g.refused == "" {
			break
		}
		g.row.truncate(g.n)
		switch {
		case q >= 0:
			return g.refused, nil
		case !g.row.reshape || try > 0:
			return t.s.Failure.Reason(), nil
		}
		if g, reason, err = t.newGroup(img.from, keys, ofKey); reason != "" || err != nil {
			return reason, err
		}
	}
	t.add(g, op)
	return "", nil
}

// newGroup makes the group of the event in hand, whose row stands at p.
func (t *task) newGroup(p int, keys *keySet, ofKey bool) (*group, string, error) {
	ev := &t.ev
	origin := originOf(ev, t.rec.Topic)
	switch {
	case ev.schema != nil && ev.schema.row == nil:
		return nil, noStruct, nil
	case ev.schema != nil:
		g, err := t.groups.bySchema(ev, ev.schema.row, keys, origin)
		return g, "", err
	case ofKey && t.keys.schema != nil:
		g, err := t.groups.bySchema(ev, t.keys.schema, keys, origin)
		return g, "", err
	}
	return t.groups.byRow(ev, p, keys, origin)
}

// add ends the change whose row was read into g.
func (t *task) add(g *group, op changes.Op) {
	ev := &t.ev
	if !g.used {
		g.used = true
		t.groups.used = append(t.groups.used, g)
	}
	t.sequence = t.sequence[:0]
	if ev.form == whole || ev.hasDeleted { // else tombstones delete, and have no sequence either
		t.sequence = ev.appendSequence(t.d, op, t.sequence)
	}
	g.add(op, t.sequence, ev.time(), t.rec.Position())
}

// truncated takes a change that empties the table: it has no row.
func (t *task) truncated() (reason string, err error) {
	ev := t.ev
	t.ev.schema = nil
	g := t.groups.of(&t.ev, t.noKeys, t.rec.Topic)
	if g == nil {
		if g, err = t.groups.make(&t.ev, t.noKeys, originOf(&t.ev, t.rec.Topic), nil); err != nil {
			return "", err
		}
	}
	t.ev = ev
	if g.refused != "" {
		return g.refused, nil
	}
	t.add(g, changes.Truncate)
	return "", nil
}

// update takes an update whose row before is known, where keys are configured: when the key has changed, the row of the old one is gone.
// Of changes of its own keys Debezium makes two events.
func (t *task) update() (reason string, err error) {
	moved := t.moved()
	if moved {
		if reason, err = t.row(changes.Delete, t.ev.before); reason != "" || err != nil {
			return reason, err
		}
	}
	deleted := t.groups.cur
	op := changes.Update
	if moved {
		op = changes.Create
	}
	if reason, err = t.row(op, t.ev.after); reason != "" && moved {
		deleted.truncate(deleted.n - 1)
	}
	return reason, err
}

// moved says whether the configured key differs before and after, and was known before.
func (t *task) moved() bool {
	t.s.B = t.rec.Value
	if t.s.B[t.ev.before.from] != '{' || t.s.B[t.ev.after.from] != '{' {
		return false
	}
	before, after := t.keyText(t.ev.before), t.keyText(t.ev.after)
	for k := range before {
		if before[k] == nil || string(before[k]) == "null" {
			return false
		}
	}
	for k := range before {
		if !bytes.Equal(before[k], after[k]) {
			return true
		}
	}
	return false
}

// keyText is the configured key of a row, each column as it stands there; nil for those that it lacks.
func (t *task) keyText(img image) [][]byte {
	names := t.keys.configured.names
	texts := make([][]byte, len(names))
	t.s.Members(img.from, func(name []byte, p int) int {
		k := -1
		for i, n := range names {
			if string(name) == n {
				k = i
			}
		}
		q := t.s.Skip(p, 1)
		if k >= 0 && q >= 0 {
			texts[k] = t.s.B[p:q]
		}
		return q
	})
	return texts
}
