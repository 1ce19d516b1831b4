package debezium

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/internal/arrowbuf"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/table/arrowmap"
	"github.com/ingestd/ingestd/txlog/schema"
)

// groups finds the group of a change.
type groups struct {
	opts  *Options
	pool  *arrowbuf.Pool
	seed  func() uint64
	infer inferrer

	all     map[string]*group // by origin, keys and columns
	found   map[foundBy]*group
	cur     *group
	columns int                               // of all
	keep    int                               // so many columns
	tables  map[changes.Origin]*schema.Struct // of TableSchema, in this chunk
	used    []*group                          // with changes of this chunk
	chunk   int                               // counts chunks
}

// foundBy is by what the group of an event is found without looking at its columns.
type foundBy struct {
	schema *eventSchema
	keys   *keySet
	origin changes.Origin
}

// maxGroups is how many groups are kept from chunk to chunk, and maxKeptColumns how many columns these may have in all.
const (
	maxGroups      = 4096
	maxKeptColumns = 200_000
)

// begin prepares for a chunk.
func (gs *groups) begin() {
	clear(gs.tables)
	clear(gs.found) // so that each group is admitted anew
	gs.used, gs.cur = gs.used[:0], nil
	gs.chunk++
	if len(gs.all) > maxGroups || gs.columns > gs.keep {
		gs.drop()
	}
}

func (gs *groups) drop() {
	for _, g := range gs.all {
		g.drop()
	}
	clear(gs.all)
	clear(gs.found)
	gs.cur, gs.columns = nil, 0
}

func originOf(ev *event, topic string) changes.Origin {
	return changes.Origin{Database: string(ev.db), Schema: string(ev.source.schema), Table: string(ev.table), Topic: topic}
}

// of gives the group that events like ev were put into last; nil where there is none.
func (gs *groups) of(ev *event, keys *keySet, topic string) *group {
	if gs.cur != nil && gs.cur.of(ev, keys, topic) {
		return gs.cur
	}
	gs.cur = gs.found[foundBy{ev.schema, keys, originOf(ev, topic)}]
	return gs.cur
}

// make finds or makes the group of these columns. The reason says why rows are not taken.
func (gs *groups) make(ev *event, keys *keySet, origin changes.Origin, fields []planField) (*group, error) {
	id := fmt.Sprintf("%q %q %d %s", origin, keys.joined, ev.form, describe(fields))
	g := gs.all[id]
	if g == nil {
		var err error
		if g, err = gs.build(keys, origin, fields); err != nil {
			return nil, err
		}
		g.schema, g.keys = ev.schema, keys
		if g.row != nil && ev.form == flat {
			g.row.added = gs.opts.addedField
		}
		gs.all[id] = g
		gs.columns += len(fields)
	}
	if err := gs.admit(g); err != nil {
		return nil, err
	}
	gs.found[foundBy{ev.schema, keys, origin}] = g
	gs.cur = g
	return g, nil
}

func (gs *groups) build(keys *keySet, origin changes.Origin, fields []planField) (*group, error) {
	b := changes.Batch{Origin: origin, Keys: keys.names}
	cols := &schema.Struct{}
	for _, f := range fields {
		cols.Fields = append(cols.Fields, f.column())
	}
	as, err := arrowmap.ToArrow(cols)
	if err != nil {
		return &group{refused: oneLine(err.Error())}, nil
	}
	b.Columns = as.Fields()
	row, err := newJSONRow(gs.opts, gs.pool, gs.seed, fields, keys.names)
	if err != nil {
		return &group{refused: oneLine(err.Error())}, nil
	}
	g := newGroup(b, row, gs.pool)
	g.refused = refusal(fields, keys)
	g.asks = g.refused == "" && gs.opts.Admit != nil
	return g, nil
}

// admit asks whether changes of a group are taken, once in a chunk: that may change with the table.
func (gs *groups) admit(g *group) (err error) {
	if g.asks && g.chunk != gs.chunk {
		g.refused, err = gs.opts.Admit(g.batch)
		g.chunk = gs.chunk
	}
	return err
}

// refusal says why rows of these columns cannot be applied.
func refusal(fields []planField, keys *keySet) string {
	for _, f := range fields {
		if strings.HasPrefix(f.name, "__ingestd_") {
			return "a column named " + f.name + ", as only those are that describe changes"
		}
	}
	for _, k := range keys.names {
		if !slices.ContainsFunc(fields, func(f planField) bool { return f.name == k }) {
			return "the row has no column " + k + ", which is of its key"
		}
	}
	return ""
}

// declared is the schema that the options give for an origin; nil where they give none.
func (gs *groups) declared(origin changes.Origin) (*schema.Struct, error) {
	if gs.opts.Schema != nil || gs.opts.TableSchema == nil {
		return gs.opts.Schema, nil
	}
	if s, ok := gs.tables[origin]; ok {
		return s, nil
	}
	s, err := gs.opts.TableSchema(origin)
	if err != nil {
		return nil, fmt.Errorf("schema of the table of %s: %w", origin.Topic, err)
	}
	if gs.tables == nil {
		gs.tables = map[changes.Origin]*schema.Struct{}
	}
	gs.tables[origin] = s
	return s, nil
}

// bySchema makes the group of an event by a schema that came with it.
func (gs *groups) bySchema(ev *event, c *connectSchema, keys *keySet, origin changes.Origin) (*group, error) {
	declared, err := gs.declared(origin)
	if err != nil {
		return nil, err
	}
	fields, err := gs.opts.columns(c, declared)
	if err != nil {
		g := &group{refused: "a broken schema: " + oneLine(err.Error()), schema: ev.schema, keys: keys}
		g.batch.Origin = origin
		gs.found[foundBy{ev.schema, keys, origin}] = g
		return g, nil
	}
	return gs.make(ev, keys, origin, fields)
}

// byRow makes the group of an event without a schema by the row at p of the scanner.
func (gs *groups) byRow(ev *event, p int, keys *keySet, origin changes.Origin) (g *group, reason string, err error) {
	table, err := gs.declared(origin)
	if err != nil {
		return nil, "", err
	}
	if gs.opts.Schema != nil {
		var fields []planField
		for _, f := range gs.opts.Schema.Fields {
			fields = append(fields, planField{name: f.Name, required: !f.Nullable, plan: gs.opts.planFor(f.Name, f.Type)})
		}
		if g, err = gs.make(ev, keys, origin, fields); err == nil && g.row != nil {
			g.row.lax = true
		}
		return g, "", err
	}
	fields, reason := gs.infer.shape(p, fmt.Sprintf("%q", origin), table, ev.form == flat)
	if reason != "" {
		return nil, reason, nil
	}
	if g, err = gs.make(ev, keys, origin, fields); err == nil && g.row != nil {
		g.row.open = true
	}
	return g, "", err
}
