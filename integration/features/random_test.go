//go:build integration

package features

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/integration/parts"
)

// A record is a row of the tables that engines change in turns.
type record struct {
	id int64
	v  string
	p  int32
}

// A model is what such a table holds, version by version.
type model struct {
	rows     []record
	versions [][]record
}

// commit notes the rows as the next version.
func (m *model) commit(rows []record) {
	m.rows = rows
	m.versions = append(m.versions, rows)
}

// A move changes the table: what it does to the rows, and how it is said to each engine; an engine that is
// not told cannot do it.
type move struct {
	name  string
	rows  func([]record) []record
	ours  []string
	spark string
	rs    string // Python, with path, DeltaTable, write_deltalake and pa
}

func where(rows []record, keep func(record) bool) []record {
	return slices.DeleteFunc(slices.Clone(rows), func(r record) bool { return !keep(r) })
}

// moves gives a random move of each kind.
func moves(r *rand.Rand, m *model, next *int64) []move {
	from, n, k := *next, int64(1+r.IntN(40)), int64(2+r.IntN(5))
	rest, part, word := r.Int64N(k), int32(r.IntN(4)), fmt.Sprintf("w%d", r.IntN(1000))
	*next += n
	var added []record
	for id := from; id < from+n; id++ {
		added = append(added, record{id, fmt.Sprintf("v%d", id), int32(id % 4)})
	}
	inserted := func(cast string) string {
		return fmt.Sprintf("SELECT id, concat('v', id) AS v, CAST(id %% 4 AS INT) AS p FROM range(%d, %d)%s", from, from+n, cast)
	}
	to := r.IntN(len(m.versions))
	hit := fmt.Sprintf("id %% %d = %d", k, rest)
	both := fmt.Sprintf("p = %d AND %s", part, hit)
	return []move{
		{"append", func(rows []record) []record { return append(slices.Clone(rows), added...) },
			[]string{"append", "$t", "--query", inserted(" t(id)")}, "INSERT INTO $t " + inserted(""),
			fmt.Sprintf("ids = list(range(%d, %d))\nwrite_deltalake(path, pa.table({'id': pa.array(ids, pa.int64()), 'v': pa.array(['v%%d' %% i for i in ids], pa.string()), 'p': pa.array([i %% 4 for i in ids], pa.int32())}), mode='append')", from, from+n)},
		{"delete", func(rows []record) []record {
			return where(rows, func(x record) bool { return x.id%k != rest })
		}, []string{"delete", "$t", "--where", hit}, "DELETE FROM $t WHERE " + hit, "DeltaTable(path).delete('" + hit + "')"},
		{"delete in a partition", func(rows []record) []record {
			return where(rows, func(x record) bool { return x.p != part || x.id%k != rest })
		}, []string{"delete", "$t", "--where", both}, "DELETE FROM $t WHERE " + both, "DeltaTable(path).delete('" + both + "')"},
		{"update", func(rows []record) []record {
			out := slices.Clone(rows)
			for i := range out {
				if out[i].id%k == rest {
					out[i].v = word
				}
			}
			return out
		}, []string{"update", "$t", "--set", "v = '" + word + "'", "--where", hit}, "UPDATE $t SET v = '" + word + "' WHERE " + hit,
			"DeltaTable(path).update(updates={'v': \"'" + word + "'\"}, predicate='" + hit + "')"},
		{"replace a partition", func(rows []record) []record {
			return append(where(rows, func(x record) bool { return x.p != part }), record{from, word, part})
		}, []string{"overwrite", "$t", "--replace-where", fmt.Sprintf("p = %d", part), "--query", fmt.Sprintf("SELECT %d::BIGINT AS id, '%s' AS v, %d::INT AS p", from, word, part)},
			fmt.Sprintf("INSERT INTO $t REPLACE WHERE p = %d SELECT %dL, '%s', %d", part, from, word, part),
			fmt.Sprintf("write_deltalake(path, pa.table({'id': pa.array([%d], pa.int64()), 'v': ['%s'], 'p': pa.array([%d], pa.int32())}), mode='overwrite', predicate='p = %d')", from, word, part, part)},
		{"restore", func([]record) []record { return m.versions[to] },
			[]string{"restore", "$t", "--version", strconv.Itoa(to)}, fmt.Sprintf("RESTORE TABLE $t TO VERSION AS OF %d", to), fmt.Sprintf("DeltaTable(path).restore(%d)", to)},
		{"optimize", slices.Clone[[]record], nil, "OPTIMIZE $t", "DeltaTable(path).optimize.compact()"},
		{"checkpoint", nil, []string{"checkpoint", "$t"}, "", "DeltaTable(path).create_checkpoint()"},
	}
}

// canon is the form of the rows that all readers give.
func (m *model) canon() parts.Rows {
	s := arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "v", Type: arrow.BinaryTypes.String, Nullable: true}, {Name: "p", Type: arrow.PrimitiveTypes.Int32, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, s)
	defer b.Release()
	for _, r := range m.rows {
		b.Field(0).(*array.Int64Builder).Append(r.id)
		b.Field(1).(*array.StringBuilder).Append(r.v)
		b.Field(2).(*array.Int32Builder).Append(r.p)
	}
	rec := b.NewRecordBatch()
	defer rec.Release()
	return parts.Canon(s, rec)
}

// TestEnginesChangeOneTableInTurns has us, Spark and delta-rs do random things to one table: after each, all readers find
// what a model holds.
func TestEnginesChangeOneTableInTurns(t *testing.T) {
	for name, properties := range map[string]string{
		"plain":            "'delta.checkpointInterval' = '4'",
		"deletion vectors": "'delta.enableDeletionVectors' = 'true', 'delta.checkpointInterval' = '3'",
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(2) {
				inTurns(t, seed, properties, 14, func(what, dir string, want parts.Rows) { everyoneFinds(t, what, dir, want) })
			}
		})
	}
}

// inTurns gives the table. After each step check is told what was done and what the table holds.
func inTurns(t *testing.T, seed uint64, properties string, steps int, check func(what, dir string, want parts.Rows)) string {
	r := rand.New(rand.NewPCG(seed, 77))
	dir := filepath.Join(t.TempDir(), fmt.Sprint("table", seed))
	table := made{sql: []string{"CREATE TABLE $t (id BIGINT, v STRING, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES (" + properties + ")"}}
	table.spark(t, dir, table.sql[0])
	m, next := &model{}, int64(0)
	m.commit(nil)
	for step := range steps {
		choice := moves(r, m, &next)
		mv := choice[r.IntN(len(choice))]
		if step < 2 {
			mv = choice[0]
		}
		who := play(t, r, table, dir, mv)
		what := fmt.Sprintf("seed %d, step %d: %s by %s (%s)", seed, step, mv.name, who, strings.Join(mv.ours, " "))
		t.Log(what)
		if after := newest(t, dir); after == int64(len(m.versions)) && mv.rows != nil {
			m.commit(mv.rows(m.rows))
		} else if after >= int64(len(m.versions)) {
			t.Fatalf("%s: version %d after %d commits", what, after, len(m.versions))
		} else if mv.rows != nil && len(mv.rows(m.rows)) != len(m.rows) {
			t.Fatalf("%s: it committed nothing", what)
		}
		check(what, dir, m.canon())
		if t.Failed() {
			t.FailNow()
		}
	}
	return dir
}

// play has a random engine make the move.
func play(t *testing.T, r *rand.Rand, table made, dir string, mv move) string {
	t.Helper()
	var able []string
	for name, has := range map[string]bool{"ingestd": mv.ours != nil, "spark": mv.spark != "", "delta-rs": mv.rs != ""} {
		if has {
			able = append(able, name)
		}
	}
	slices.Sort(able)
	who := able[r.IntN(len(able))]
	switch who {
	case "ingestd":
		ingestd(t, dir, mv.ours...)
	case "spark":
		table.spark(t, dir, mv.spark)
	default:
		if err := parts.DeltaRS(t).Exec(t.Context(), "from deltalake import write_deltalake\n"+mv.rs+"\nresult = None", map[string]any{"path": dir}, nil); err != nil {
			t.Fatalf("%s by delta-rs: %v", mv.name, err)
		}
	}
	return who
}

func everyoneFinds(t *testing.T, what, dir string, want parts.Rows) {
	t.Helper()
	version := newest(t, dir)
	got, err := ours(t.Context(), dir, version)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	parts.SameRows(t, what+": ingestd", want, got)
	for name, r := range map[string]reader{"spark": parts.Spark(t), "delta-rs": parts.DeltaRS(t), "duckdb": parts.DuckDB(t)} {
		got, err := r.Read(t.Context(), dir)
		if err != nil {
			t.Errorf("%s: %s: %v", what, name, err)
			continue
		}
		parts.SameRows(t, what+": "+name, want, got.Project("id", "v", "p"))
	}
}
