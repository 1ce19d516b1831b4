package shopdb

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Event is a record that the connector sends to Kafka.
type Event struct {
	Topic   string
	Key     []byte // nil for an event that is of no row
	Value   []byte // nil for a tombstone
	Headers []Header
}

// Header is a header of a record.
type Header struct{ Name, Value string }

// Database is a database that changes while its events are taken. It is not safe for concurrent use.
type Database struct {
	tables  []*table
	random  *rand.Rand
	log     log
	clock   time.Time
	left    int      // changes of the open transaction that are still to come
	pending []change // that are not taken yet
	server  string
	headers []Header
	counts  Counts
	given   int64 // events
	last    int64 // the event that is the last one, counted from 1; 0: there is none
}

// Counts are what has happened.
type Counts struct{ Snapshot, Inserts, Updates, Deletes, KeyChanges, Truncates int64 }

// change is something that happens to a row or, of op t, to all rows.
type change struct {
	op       byte // Debezium's letter; 0 for a tombstone
	table    *table
	row      row    // as it becomes, or as it was if it is deleted
	kept     []bool // columns whose values are stored out of line and have not changed; nil: none
	snapshot string // source.snapshot
	moved    Header // another header, of a row that gets another key
	place    place
	at       time.Time // of the commit
}

// Snapshotted is how many events the snapshot at the beginning has.
const Snapshotted = customersAtFirst + ordersAtFirst

const (
	customersAtFirst, ordersAtFirst = 60, 140
	customersAtMost, ordersAtMost   = 20_000, 50_000
)

// New makes a database, the same for the same seed and start. Topics and the connector's logical name begin with prefix: topics are
// prefix.public.customers and prefix.public.orders.
func New(seed uint64, start time.Time, prefix string) *Database {
	d := &Database{random: rand.New(rand.NewPCG(seed, 0x73686f70)), clock: start.UTC().Truncate(time.Microsecond), server: prefix}
	d.log = log{end: 37_000_000 + 8*d.random.Int64N(1_000_000), transaction: 700 + d.random.Int64N(100)}
	d.headers = []Header{
		{"__debezium.context.connectorLogicalName", prefix},
		{"__debezium.context.connectorName", "postgresql"},
		{"__debezium.context.runId", fmt.Sprintf("%08x-0000-7000-8000-%012x", d.random.Uint32(), d.random.Uint64()>>16)},
		{"__debezium.context.taskId", "0"},
	}
	customers, orders := newTable(prefix, "customers", customerColumns), newTable(prefix, "orders", orderColumns)
	customers.make, customers.alter, customers.most = d.customer, d.alterCustomer, customersAtMost
	orders.make, orders.alter, orders.most = d.order, d.alterOrder, ordersAtMost
	d.tables = []*table{customers, orders}
	d.snapshot(customersAtFirst, ordersAtFirst)
	return d
}

// EndAfter says that n events will be taken. No row gets another key shortly before the end: it would be deleted under the old one and not
// be there yet under the new one, as it never is in a database.
func (d *Database) EndAfter(n int64) { d.last = n }

// Topics are the topics of all tables.
func (d *Database) Topics() []string {
	var topics []string
	for _, t := range d.tables {
		topics = append(topics, t.topic)
	}
	return topics
}

// Next makes the next change and gives its event. Key and value are appended to buf, which is given back with them.
func (d *Database) Next(buf []byte) (Event, []byte) {
	if len(d.pending) == 0 {
		d.happen()
	}
	c := d.pending[0]
	d.pending = d.pending[1:]
	d.given++
	d.count(&c)
	switch c.op {
	case 'r', 'c', 'u':
		c.table.put(c.row)
	case 'd':
		c.table.remove(c.row.id())
	case 't':
		c.table.empty()
	}
	return d.event(&c, buf)
}

// Counts are what the events that Next gave tell of.
func (d *Database) Counts() Counts { return d.counts }

func (d *Database) count(c *change) {
	n := &d.counts
	switch {
	case c.op == 'r':
		n.Snapshot++
	case c.op == 'c' && c.moved.Name != "":
		n.KeyChanges++
	case c.op == 'c':
		n.Inserts++
	case c.op == 'u':
		n.Updates++
	case c.op == 'd' && c.moved.Name == "":
		n.Deletes++
	case c.op == 't':
		n.Truncates++
	}
}

// snapshot is what the connector finds when it begins.
func (d *Database) snapshot(rows ...int) {
	place := d.log.snapshot()
	for i, t := range d.tables {
		for k := range rows[i] {
			c := change{op: 'r', table: t, row: t.make(t.newID()), snapshot: "true", place: place}
			switch {
			case i == 0 && k == 0:
				c.snapshot = "first"
			case k == 0:
				c.snapshot = "first_in_data_collection"
			case k == rows[i]-1 && i == len(rows)-1:
				c.snapshot = "last"
			case k == rows[i]-1:
				c.snapshot = "last_in_data_collection"
			}
			d.pending = append(d.pending, c)
		}
	}
	d.clock = d.clock.Add(time.Second)
	for i := range d.pending {
		d.pending[i].at = d.clock
	}
}

// happen makes the next change: one event or, where a row is deleted or gets another key, several.
func (d *Database) happen() {
	if d.left == 0 {
		d.log.commit(d.one(20))
		d.clock = d.clock.Add(time.Duration(1+d.random.Int64N(400_000)) * time.Microsecond)
		d.left = 1 + d.random.IntN(4)*d.random.IntN(2)
	}
	d.left--
	d.pending = d.pending[:0]
	t := d.tables[0]
	if d.random.IntN(10) < 7 {
		t = d.tables[1]
	}
	switch dice := d.random.IntN(1000); {
	case len(t.rows) == 0:
		d.insert(t)
	case t.name == "orders" && d.one(8000):
		d.add(change{op: 't', table: t}, 2984)
	case dice < 420 && len(t.rows) < t.most:
		d.insert(t)
	case dice < 800:
		d.update(t)
	case dice < 820 && (d.last == 0 || d.given+moveEvents <= d.last):
		d.move(t)
	default:
		d.delete(t)
	}
}

// add notes a change; other things are written to the log before it, so many bytes.
func (d *Database) add(c change, before int64) {
	c.snapshot, c.at = "false", d.clock
	c.place = d.log.write(before, c.row)
	d.pending = append(d.pending, c)
}

func (d *Database) insert(t *table) {
	r := t.make(d.id(t))
	d.add(change{op: 'c', table: t, row: r}, t.outOfLine(r))
}

func (d *Database) update(t *table) {
	before := t.rows[d.random.IntN(len(t.rows))]
	r := t.alter(before)
	d.add(change{op: 'u', table: t, row: r, kept: t.keeps(before, r)}, t.outOfLine(r))
}

func (d *Database) delete(t *table) {
	r := t.rows[d.random.IntN(len(t.rows))]
	d.add(change{op: 'd', table: t, row: r}, 0)
	d.pending = append(d.pending, change{table: t, row: r})
}

// moveEvents is how many events say that a row got another key.
const moveEvents = 3

// move gives a row another key: it is deleted and, in the same place of the log, created. A text that is stored out of line gets written
// anew, since no event would have it.
func (d *Database) move(t *table) {
	before := t.rows[d.random.IntN(len(t.rows))]
	r := t.alter(before)
	for i, kept := range t.keeps(before, r) {
		if kept {
			r[i].text += " Moved."
		}
	}
	r[0].number = d.id(t)
	to, from := Header{"__debezium.newkey", fmt.Sprintf(`{"id":%d}`, r.id())}, Header{"__debezium.oldkey", fmt.Sprintf(`{"id":%d}`, before.id())}
	d.add(change{op: 'd', table: t, row: before, moved: to}, t.outOfLine(r))
	c := d.pending[0]
	d.pending = append(d.pending, change{table: t, row: before, moved: to},
		change{op: 'c', table: t, row: r, snapshot: c.snapshot, moved: from, place: c.place, at: c.at})
}

// id is one for a new row: the next one or, now and then, that of a row that is gone.
func (d *Database) id(t *table) int64 {
	if n := len(t.gone); n > 0 && d.one(8) {
		id := t.gone[d.random.IntN(n)]
		if _, there := t.at[id]; !there {
			return id
		}
	}
	return t.newID()
}

// one is true once in n times.
func (d *Database) one(n int) bool { return d.random.IntN(n) == 0 }
