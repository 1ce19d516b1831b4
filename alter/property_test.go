package alter

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// TestAnySequenceOfAlterationsKeepsTheTableReadable alters a table at random, between appends by the columns that it has, and
// follows in a model which value each row has in each column.
func TestAnySequenceOfAlterationsKeepsTheTableReadable(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		m := newModel(t, r)
		r.Repeat(map[string]func(*rapid.T){
			"append": m.append, "add": m.add, "rename": m.rename, "drop": m.drop, "move": m.move, "comment": m.comment, "widen": m.widen,
			"mapping": m.mapping, "cluster": m.cluster, "stale": m.stale, "": m.check,
		})
	})
}

// model is what the table must be: columns in order, each with the key under which rows of the model hold its values.
type model struct {
	t       testing.TB
	tab     *table.Table
	columns []modelColumn
	rows    []map[int]int // by key of the column
	next    int
	mapped  bool
}

type modelColumn struct {
	name string
	key  int // never used twice
	typ  schema.Primitive
}

func newModel(t testing.TB, _ *rapid.T) *model {
	m := &model{t: t, tab: create(t, "c0 SMALLINT, c1 INT", map[string]string{"delta.enableTypeWidening": "true"}), next: 2}
	m.columns = []modelColumn{{"c0", 0, schema.Short}, {"c1", 1, schema.Integer}}
	return m
}

func (m *model) ddl() string {
	parts := make([]string, len(m.columns))
	for i, c := range m.columns {
		parts[i] = quote(c.name) + " " + c.typ.String()
	}
	return strings.Join(parts, ", ")
}

func (m *model) append(*rapid.T) {
	row, parts := map[int]int{}, make([]string, len(m.columns))
	for i, c := range m.columns {
		m.next++
		row[c.key] = m.next
		parts[i] = fmt.Sprintf("%q:%d", c.name, m.next)
	}
	m.rows = append(m.rows, row)
	add(m.t, m.tab, m.ddl(), "[{"+strings.Join(parts, ",")+"}]")
}

func (m *model) pick(r *rapid.T) int { return rapid.IntRange(0, len(m.columns)-1).Draw(r, "column") }

// freeName is a name that the table does not have now; one that it had may come back.
func (m *model) freeName(r *rapid.T) string {
	for {
		name := fmt.Sprintf("c%d", rapid.IntRange(0, 9).Draw(r, "name"))
		if m.index(name) < 0 {
			return name
		}
	}
}

func (m *model) index(name string) int {
	for i, c := range m.columns {
		if c.name == name {
			return i
		}
	}
	return -1
}

func (m *model) add(r *rapid.T) {
	if len(m.columns) > 6 {
		return
	}
	name := m.freeName(r)
	m.next++
	c := modelColumn{name, m.next, schema.Short}
	at := Position{First: rapid.Bool().Draw(r, "first")}
	if _, err := AddColumns(m.t.Context(), m.tab, NewColumn{Field: schema.Field{Name: name, Type: c.typ, Nullable: true}, At: at}); err != nil {
		r.Fatal(err)
	}
	if at.First {
		m.columns = append([]modelColumn{c}, m.columns...)
	} else {
		m.columns = append(m.columns, c)
	}
}

func (m *model) rename(r *rapid.T) {
	i, name := m.pick(r), m.freeName(r)
	_, err := RenameColumn(m.t.Context(), m.tab, Path{m.columns[i].name}, name)
	if m.refused(r, err) {
		return
	}
	m.columns[i].name = name
}

func (m *model) drop(r *rapid.T) {
	i := m.pick(r)
	_, err := DropColumns(m.t.Context(), m.tab, Path{m.columns[i].name})
	var used *InUseError
	if errors.As(err, &used) {
		by, _ := ClusteringColumns(m.tab.Snapshot())
		if len(by) != 1 || by[0][0] != m.columns[i].name {
			r.Fatalf("%v, clustered by %v", err, by)
		}
		return
	}
	if len(m.columns) == 1 && err != nil || m.refused(r, err) {
		return
	}
	m.columns = append(m.columns[:i:i], m.columns[i+1:]...)
}

// refused: without mapping neither renames nor drops go.
func (m *model) refused(r *rapid.T, err error) bool {
	var e *MappingNeededError
	if errors.As(err, &e) != !m.mapped || m.mapped && err != nil {
		r.Fatalf("mapped %v: %v", m.mapped, err)
	}
	return !m.mapped
}

func (m *model) move(r *rapid.T) {
	i, j := m.pick(r), m.pick(r)
	if i == j {
		return
	}
	if _, err := Move(m.t.Context(), m.tab, Path{m.columns[i].name}, Position{After: m.columns[j].name}); err != nil {
		r.Fatal(err)
	}
	c, after := m.columns[i], m.columns[j].name
	m.columns = append(m.columns[:i:i], m.columns[i+1:]...)
	at := m.index(after) + 1
	m.columns = append(m.columns[:at:at], append([]modelColumn{c}, m.columns[at:]...)...)
}

func (m *model) comment(r *rapid.T) {
	text := rapid.StringN(0, 5, -1).Draw(r, "text")
	if _, err := Comment(m.t.Context(), m.tab, Path{m.columns[m.pick(r)].name}, text); err != nil {
		r.Fatal(err)
	}
}

func (m *model) widen(r *rapid.T) {
	i := m.pick(r)
	to := schema.Integer
	if m.columns[i].typ != schema.Short {
		to = schema.Long
	}
	if _, err := ChangeType(m.t.Context(), m.tab, Path{m.columns[i].name}, to); err != nil {
		r.Fatal(err)
	}
	m.columns[i].typ = to
}

func (m *model) mapping(r *rapid.T) {
	if _, err := SetProperties(m.t.Context(), m.tab, byName); err != nil {
		r.Fatal(err)
	}
	m.mapped = true
}

func (m *model) cluster(r *rapid.T) {
	if _, err := ClusterBy(m.t.Context(), m.tab, Path{m.columns[m.pick(r)].name}); err != nil {
		r.Fatal(err)
	}
}

// stale lets another writer change the table first.
func (m *model) stale(r *rapid.T) {
	other := reopen(m.t, m.tab)
	if _, err := SetProperties(m.t.Context(), other, map[string]string{"n": fmt.Sprint(m.next)}); err != nil {
		r.Fatal(err)
	}
	m.next++
}

// check reads the table as a stranger does.
func (m *model) check(r *rapid.T) {
	tab := reopen(m.t, m.tab)
	if got := strings.Join(tab.Schema().Names(), ","); got != strings.Join(m.names(), ",") {
		r.Fatalf("columns %s, want %s", got, strings.Join(m.names(), ","))
	}
	if err := tab.Snapshot().CheckWrite(); err != nil {
		r.Fatal(err)
	}
	got := map[string]int{}
	for rec, err := range tab.Scan(context.Background(), table.ScanOptions{}) {
		if err != nil {
			r.Fatal(err)
		}
		for i := range int(rec.NumRows()) {
			parts := make([]string, len(m.columns))
			for j := range m.columns {
				parts[j] = rec.Column(j).ValueStr(i)
			}
			got[strings.Join(parts, ",")]++
		}
		rec.Release()
	}
	for _, row := range m.rows {
		parts := make([]string, len(m.columns))
		for j, c := range m.columns {
			parts[j] = "(null)"
			if v, ok := row[c.key]; ok {
				parts[j] = fmt.Sprint(v)
			}
		}
		if got[strings.Join(parts, ",")]--; got[strings.Join(parts, ",")] < 0 {
			r.Fatalf("the row %s is not there: %v", strings.Join(parts, ","), got)
		}
	}
	if props := tab.Snapshot().Properties(); props.MaxColumnID() < tab.Schema().MaxFieldID() {
		r.Fatalf("%s is %d", txlog.PropMappingMaxID, props.MaxColumnID())
	}
}

func (m *model) names() []string {
	names := make([]string, len(m.columns))
	for i, c := range m.columns {
		names[i] = c.name
	}
	return names
}
