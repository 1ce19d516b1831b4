package debezium

import (
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
)

// topic is what is known of a topic by its events, for tombstones, which tell nothing but a key.
type topic struct {
	name   string
	form   form
	delete bool // tombstones delete
	origin changes.Origin
}

// learnTopic notes what an event with a row says of its topic.
func (t *task) learnTopic(ev *event) {
	deletes := ev.form == flat && !ev.hasDeleted
	same := t.topic.name == t.rec.Topic && t.topic.form == ev.form && t.topic.delete == deletes
	if same && (!deletes || t.topic.origin.Table == string(ev.table)) {
		return
	}
	t.topic = topic{t.rec.Topic, ev.form, deletes, originOf(ev, t.rec.Topic)}
	if known, ok := t.d.topics.Load(t.rec.Topic); !ok || known != t.topic {
		t.d.topics.Store(t.rec.Topic, t.topic)
	}
}

// tombstone takes a record with a key and no value. It says nothing that an event of op d, or a row with __deleted, did not say before; but
// where rows are flattened without __deleted it is what deletes. Which it is, other events of the topic tell: those
// before or, for lack of any, those after it in the chunk.
func (t *task) tombstone(recs stream.Records, k int) (reason string, err error) {
	if t.topic.name != t.rec.Topic {
		known, ok := t.d.topics.Load(t.rec.Topic)
		if !ok {
			if known, ok = t.lookAhead(recs, k); !ok {
				return "a tombstone before any event of its topic tells what tombstones mean there", nil
			}
		}
		t.topic = known.(topic)
	}
	if !t.topic.delete {
		t.d.passed.Add(1)
		return "", nil
	}
	o := t.topic.origin
	t.ev = event{form: flat, op: byte(changes.Delete), source: source{db: []byte(o.Database), schema: []byte(o.Schema), table: []byte(o.Table)}}
	return t.deleted(image{})
}

// lookAhead reads the next event of the topic in the chunk.
func (t *task) lookAhead(recs stream.Records, k int) (any, bool) {
	for k++; k < recs.Len(); k++ {
		rec := recs.At(k)
		if rec.Value == nil || rec.Topic != t.rec.Topic {
			continue
		}
		var ev event
		if tombstone, reason := t.events.read(rec.Key, rec.Value, &ev); tombstone || reason != "" || ev.form == passed || ev.op == 'm' {
			continue
		}
		t.learnTopic(&ev)
		return t.topic, true
	}
	return nil, false
}
