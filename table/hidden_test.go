package table

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
)

const sequenceColumn = "_ingestd-sequence-test"

// keyed gives rows of "id BIGINT, p STRING" with their sequences; "" is none.
func keyed(rows map[int64]string) (arrow.RecordBatch, *array.Binary) {
	ids, parts := array.NewInt64Builder(memory.DefaultAllocator), array.NewStringBuilder(memory.DefaultAllocator)
	sequences := array.NewBinaryBuilder(memory.DefaultAllocator, arrow.BinaryTypes.Binary)
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		ids.Append(id)
		parts.Append(string(rune('a' + id%2)))
		if seq := rows[id]; seq == "" {
			sequences.AppendNull()
		} else {
			sequences.Append([]byte(seq))
		}
	}
	s := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "p", Type: arrow.BinaryTypes.String, Nullable: true}}, nil)
	return array.NewRecordBatch(s, []arrow.Array{ids.NewArray(), parts.NewArray()}, int64(len(rows))), sequences.NewBinaryArray()
}

// sequences reads what the rows of a file have, by id; with other columns or without.
func sequences(t fataler, tab *Table, a *action.Add, o ScanOptions) map[int64]string {
	t.Helper()
	out := map[int64]string{}
	at := map[int64]int64{} // ids by position
	for rows, err := range tab.ScanFile(t.Context(), tab.Snapshot(), a, ScanOptions{Columns: []string{"id"}}) {
		if err != nil {
			t.Fatal(err)
		}
		for i, pos := range rows.Positions {
			at[pos] = rows.Rec.Column(0).(*array.Int64).Value(i)
		}
		rows.Release()
	}
	o.Sequences = true
	for rows, err := range tab.ScanFile(t.Context(), tab.Snapshot(), a, o) {
		if err != nil {
			t.Fatal(err)
		}
		if rows.Sequences.Len() != len(rows.Positions) {
			t.Fatalf("%d sequences at %d positions", rows.Sequences.Len(), len(rows.Positions))
		}
		for i, pos := range rows.Positions {
			out[at[pos]] = string(rows.Sequences.Value(i))
		}
		rows.Release()
	}
	return out
}

// change runs f on a new change and commits it.
func change(t fataler, tab *Table, o ChangeOptions, f func(c *Change) error) {
	t.Helper()
	c, err := tab.NewChange(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := f(c); err != nil {
		t.Fatal(errors.Join(err, c.Abort(t.Context())))
	}
	if _, err := c.Commit(t.Context(), CommitOptions{Operation: "WRITE"}); err != nil {
		t.Fatal(err)
	}
}

// TestSequencesStayWithTheirRows draws changes of a table of any kind and wants of each row the sequence that it has.
func TestSequencesStayWithTheirRows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		props := map[string]string{txlog.PropSequenceColumn: sequenceColumn}
		for name, values := range map[string][]string{
			txlog.PropDeletionVectors: {"true", "false"}, txlog.PropRowTracking: {"true", "false"}, txlog.PropChangeDataFeed: {"true", "false"},
			txlog.PropMappingMode: {"none", "name", "id"},
		} {
			props[name] = rapid.SampledFrom(values).Draw(t, name)
		}
		by := rapid.SampledFrom([][]string{nil, {"p"}}).Draw(t, "partition by")
		s, err := ParseSchema("id BIGINT, p STRING")
		if err != nil {
			t.Fatal(err)
		}
		tab, err := Create(t.Context(), newStore(), CreateOptions{Schema: s, PartitionBy: by, Properties: props}, options()...)
		if err != nil {
			t.Fatal(err)
		}
		m := &modelled{tab: tab, r: r, rows: map[int64]string{}}
		for range rapid.IntRange(1, 6).Draw(t, "changes") {
			rapid.SampledFrom([]func(*rapid.T){m.insert, m.insert, m.delete, m.update, m.move}).Draw(t, "change")(t)
			m.check(t)
		}
	})
}

// modelled is a table, and the sequence of each of its rows.
type modelled struct {
	tab  *Table
	r    *rand.Rand
	next int64
	rows map[int64]string
}

func (m *modelled) insert(t *rapid.T) {
	some := map[int64]string{}
	mode := m.r.Intn(3)
	for range 1 + m.r.Intn(6) {
		m.next++
		if some[m.next] = ""; mode == 0 || mode == 1 && m.r.Intn(2) == 0 {
			some[m.next] = fmt.Sprint("s", m.r.Intn(100))
		}
	}
	maps.Copy(m.rows, some)
	rec, seq := keyed(some)
	change(t, m.tab, ChangeOptions{}, func(c *Change) error {
		if mode == 2 && m.r.Intn(2) == 0 {
			return c.Write(t.Context(), rec)
		}
		return c.WriteChanged(t.Context(), rec, ChangeInsert, Hidden{Sequences: seq})
	})
}

// delete takes some rows out.
func (m *modelled) delete(t *rapid.T) {
	change(t, m.tab, ChangeOptions{}, func(c *Change) error {
		return m.each(t, c, func(a *action.Add, rows FileRows) error {
			gone := deletionvector.New()
			for i, pos := range rows.Positions {
				if m.r.Intn(3) == 0 {
					gone.Add(uint64(pos))
					delete(m.rows, rows.Rec.Column(0).(*array.Int64).Value(i))
				}
			}
			c.DeleteRows(a, gone)
			return nil
		})
	})
}

// update writes all rows anew, with the sequences that they have or without.
func (m *modelled) update(t *rapid.T) {
	change(t, m.tab, ChangeOptions{}, func(c *Change) error {
		return m.each(t, c, func(a *action.Add, rows FileRows) error {
			c.RemoveFile(a)
			h := Hidden{RowIDs: rows.RowIDs, Sequences: rows.Sequences}
			if m.r.Intn(2) == 0 {
				h.Sequences = nil
				for _, id := range rows.Rec.Column(0).(*array.Int64).Int64Values() {
					m.rows[id] = ""
				}
			}
			return c.WriteChanged(t.Context(), rows.Rec, ChangePostimage, h)
		})
	})
}

func (m *modelled) move(t *rapid.T) {
	change(t, m.tab, ChangeOptions{KeepsData: true}, func(c *Change) error {
		return m.each(t, c, func(a *action.Add, rows FileRows) error {
			c.RemoveFile(a)
			return c.Move(t.Context(), rows, Origins{Files: []*action.Add{a}, Positions: rows.Positions})
		})
	})
}

func (m *modelled) each(t *rapid.T, c *Change, do func(*action.Add, FileRows) error) error {
	for a, err := range c.ReadFiles(t.Context(), nil) {
		if err != nil {
			return err
		}
		for rows, err := range c.Rows(t.Context(), a, ScanOptions{RowTracking: true, Sequences: true, BatchSize: 4}) {
			if err == nil {
				err = do(a, rows)
			}
			rows.Release()
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *modelled) check(t *rapid.T) {
	got := map[int64]string{}
	for _, a := range adds(t, m.tab) {
		o := ScanOptions{Columns: []string{}, BatchSize: 1 + m.r.Int63n(5), RowTracking: m.r.Intn(2) == 0}
		if m.r.Intn(2) == 0 {
			o.Columns = []string{"p"}
		}
		some := sequences(t, m.tab, a, o)
		maps.Copy(got, some)
		has := slices.Contains(footer(t, m.tab, a.Path), sequenceColumn)
		any := slices.ContainsFunc(slices.Collect(maps.Values(some)), func(seq string) bool { return seq != "" })
		if any && !has || has && !any && a.DeletionVector == nil {
			t.Fatalf("the file has the column: %v, and sequences: %v", has, some)
		}
		if a.Stats != nil && strings.Contains(*a.Stats, sequenceColumn) {
			t.Fatalf("statistics of a hidden column: %s", *a.Stats)
		}
	}
	if !maps.Equal(got, m.rows) {
		t.Fatalf("sequences are %v, want %v", got, m.rows)
	}
}

func TestSequencesFollowRowsThatOthersWereSiftedFrom(t *testing.T) {
	tab, _ := createWith(t, CreateOptions{Schema: ddl(t, "id BIGINT, p STRING"), Properties: map[string]string{"delta.constraints.positive": "id > 0",
		txlog.PropSequenceColumn: sequenceColumn, txlog.PropChangeDataFeed: "true"}})
	refused := int64(0)
	o := ChangeOptions{WriteOptions: WriteOptions{Violations: func(_ context.Context, v Violation) error {
		refused += v.Rows.NumRows()
		return nil
	}}}
	rec, seq := keyed(map[int64]string{-3: "a", 1: "b", -1: "c", 2: "d", 3: ""})
	change(t, tab, o, func(c *Change) error { return c.WriteChanged(t.Context(), rec, ChangeInsert, Hidden{Sequences: seq}) })
	got := map[int64]string{}
	for _, a := range adds(t, tab) {
		maps.Copy(got, sequences(t, tab, a, ScanOptions{}))
	}
	if want := map[int64]string{1: "b", 2: "d", 3: ""}; !maps.Equal(got, want) || refused != 2 {
		t.Errorf("got %v, and %d rows were refused", got, refused)
	}
	for c, err := range tab.Log().Commits(t.Context(), 1, 1) {
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range c.Actions {
			if cdc, ok := a.(*action.CDC); ok {
				if got := footer(t, tab, cdc.Path); !slices.Equal(got, []string{"id", "p", "_change_type"}) {
					t.Errorf("change data have %v", got)
				}
			}
		}
	}
}

func TestWithoutThePropertyThereAreNoSequences(t *testing.T) {
	tab := create(t, "id BIGINT, p STRING")
	rec, seq := keyed(map[int64]string{1: "a"})
	change(t, tab, ChangeOptions{}, func(c *Change) error { return c.WriteChanged(t.Context(), rec, ChangeInsert, Hidden{Sequences: seq}) })
	for rows, err := range tab.ScanFile(t.Context(), tab.Snapshot(), adds(t, tab)[0], ScanOptions{Sequences: true}) {
		if err != nil || rows.Sequences != nil {
			t.Errorf("got %v, %v", rows.Sequences, err)
		}
		rows.Release()
	}
	if got := footer(t, tab, adds(t, tab)[0].Path); !slices.Equal(got, []string{"id", "p"}) {
		t.Errorf("the file has %v", got)
	}
}

func TestRowsAreNotMovedWithoutWhatIsHidden(t *testing.T) {
	tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "id BIGINT, p STRING"), Properties: map[string]string{txlog.PropSequenceColumn: sequenceColumn, txlog.PropRowTracking: "true"}})
	add(t, tab, "id BIGINT, p STRING", `[{"id":1}]`)
	c, err := tab.NewChange(t.Context(), ChangeOptions{KeepsData: true})
	if err != nil {
		t.Fatal(err)
	}
	for option, o := range map[string]ScanOptions{"RowTracking": {Sequences: true}, "Sequences": {RowTracking: true}} {
		for rows, err := range c.Rows(t.Context(), adds(t, tab)[0], o) {
			if err != nil {
				t.Fatal(err)
			}
			var lost *NotMovableError
			if err := c.Move(t.Context(), rows, Origins{Files: adds(t, tab), Positions: rows.Positions}); !errors.As(err, &lost) || lost.Option != option {
				t.Errorf("got %v, want one about %s", err, option)
			}
			rows.Release()
		}
	}
	if err := c.Abort(t.Context()); err != nil {
		t.Error(err)
	}
}
