package shopdb

import (
	"fmt"
	"strings"
)

// kind is the type of a column in PostgreSQL.
type kind int

const (
	bigint kind = iota
	text
	numeric
	boolean
	date
	jsonb
	timestamp
	timestamptz
)

// column is one of a table.
type column struct {
	name      string
	kind      kind
	precision int32 // of numeric, whose scale is 2
	notNull   bool
	fallback  string // JSON of the schema's default; empty: none
	external  bool   // its texts of [longText] bytes and more are stored out of line
}

// longText is how many bytes of a biography are stored out of line.
const longText = 300

// cell is a value: of bigint, numeric (hundredths), boolean, date (days since 1970), timestamp and timestamptz (microseconds
// since 1970) a number, of others a text.
type cell struct {
	null   bool
	number int64
	text   string
}

// row is a row; its first cell is the key.
type row []cell

func (r row) id() int64 { return r[0].number }

// table is a table with its rows.
type table struct {
	name, topic string
	columns     []column
	make        func(id int64) row // makes a new row
	alter       func(row) row      // makes another row of one that is there
	most        int                // rows, more or less
	rows        []row
	at          map[int64]int // by id, in rows
	gone        []int64       // ids of some rows that are gone
	last        int64         // id that was given
	before      string        // what comes before the payload's before in the value of each event
	key         string        // and before the id in the key
}

const goneAtMost = 64

func newTable(prefix, name string, columns []column) *table {
	t := &table{name: name, topic: prefix + ".public." + name, columns: columns, at: map[int64]int{}}
	var fields []string
	for _, c := range columns {
		fields = append(fields, c.schema())
	}
	row := `{"type":"struct","fields":[` + strings.Join(fields, ",") + `],"optional":true,"name":` + quoted(t.topic+".Value") + `,"field":"%s"}`
	t.before = `{"schema":{"type":"struct","fields":[` + fmt.Sprintf(row, "before") + "," + fmt.Sprintf(row, "after") + "," + envelopeFields +
		`],"optional":false,"name":` + quoted(t.topic+".Envelope") + `,"version":2},"payload":{"before":`
	t.key = `{"schema":{"type":"struct","fields":[` + fields[0] + `],"optional":false,"name":` + quoted(t.topic+".Key") + `},"payload":{"id":`
	return t
}

// outOfLine is how many bytes of a row are stored out of line.
func (t *table) outOfLine(r row) (n int64) {
	for i, c := range t.columns {
		if c.external && len(r[i].text) >= longText {
			n += int64(len(r[i].text))
		}
	}
	return n
}

// keeps says of each column whether a row that becomes another one keeps what it has stored out of line.
func (t *table) keeps(before, after row) (kept []bool) {
	for i, c := range t.columns {
		kept = append(kept, c.external && len(after[i].text) >= longText && before[i].text == after[i].text)
	}
	return kept
}

func (t *table) newID() int64 {
	t.last++
	return t.last
}

// put adds a row, or replaces the one with its key.
func (t *table) put(r row) {
	if i, there := t.at[r.id()]; there {
		t.rows[i] = r
		return
	}
	t.at[r.id()] = len(t.rows)
	t.rows = append(t.rows, r)
}

func (t *table) remove(id int64) {
	i, last := t.at[id], len(t.rows)-1
	t.rows[i] = t.rows[last]
	t.at[t.rows[i].id()] = i
	t.rows = t.rows[:last]
	delete(t.at, id)
	t.bury(id)
}

func (t *table) empty() {
	for _, r := range t.rows {
		t.bury(r.id())
	}
	t.rows = nil
	clear(t.at)
}

func (t *table) bury(id int64) {
	if len(t.gone) == goneAtMost {
		t.gone = append(t.gone[:0], t.gone[1:]...)
	}
	t.gone = append(t.gone, id)
}
