package merge_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/merge"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
)

// rec is a row of both sides: k BIGINT, p STRING, v BIGINT, where 0, "" and 0 stand for NULL.
type rec struct {
	k int64
	p string
	v int64
}

func (r rec) String() string {
	p := "null"
	if r.p != "" {
		p = fmt.Sprintf("%q", r.p)
	}
	return fmt.Sprintf("k=%s;p=%s;v=%s;", strings.ToLower(number(r.k)), p, strings.ToLower(number(r.v)))
}

func (r rec) sql() string {
	p := "NULL"
	if r.p != "" {
		p = "'" + r.p + "'"
	}
	return fmt.Sprintf("(%s::BIGINT, %s::VARCHAR, %s::BIGINT)", number(r.k), p, number(r.v))
}

func number(n int64) string {
	if n == 0 {
		return "NULL"
	}
	return fmt.Sprint(n)
}

// cond is a condition as text, and whether it is true of a row of the table (t) and one of the source (s).
type cond struct {
	text string
	is   func(t, s rec) bool
}

var always = cond{"", func(rec, rec) bool { return true }}

// ons are conditions on pairs.
var ons = []cond{
	{"t.k = s.k", func(t, s rec) bool { return t.k == s.k && t.k != 0 }},
	{"t.k <=> s.k", func(t, s rec) bool { return t.k == s.k }},
	{"t.k = s.k AND t.p <=> s.p", func(t, s rec) bool { return t.k == s.k && t.k != 0 && t.p == s.p }},
	{"s.k = t.k AND t.p = 'a'", func(t, s rec) bool { return t.k == s.k && t.k != 0 && t.p == "a" }},
	{"t.k = s.k AND s.v > 5", func(t, s rec) bool { return t.k == s.k && t.k != 0 && s.v > 5 }},
	{"t.k = s.k AND t.v < s.v", func(t, s rec) bool { return t.k == s.k && t.k != 0 && t.v != 0 && t.v < s.v }},
	{"t.k = s.k + 1 AND t.p = s.p", func(t, s rec) bool { return t.k == s.k+1 && s.k != 0 && t.p == s.p && t.p != "" }},
	{"t.k > s.k AND t.k - 2 <= s.k", func(t, s rec) bool { return t.k != 0 && s.k != 0 && t.k > s.k && t.k-2 <= s.k }},
	{"t.p = s.p", func(t, s rec) bool { return t.p == s.p && t.p != "" }},
	{"t.k = s.k OR t.p = s.p", func(t, s rec) bool { return t.k == s.k && t.k != 0 || t.p == s.p && t.p != "" }},
	{"false", func(rec, rec) bool { return false }},
	{"s.v IS NULL", func(_, s rec) bool { return s.v == 0 }},
}

// conditions of clauses, by which sides they read.
var (
	onBoth   = []cond{{"t.v < s.v", func(t, s rec) bool { return t.v != 0 && t.v < s.v }}, {"NOT (t.p = s.p)", func(t, s rec) bool { return t.p != "" && s.p != "" && t.p != s.p }}}
	onTarget = []cond{{"t.v > 5", func(t, _ rec) bool { return t.v > 5 }}, {"t.p IS NULL OR t.p = 'b'", func(t, _ rec) bool { return t.p == "" || t.p == "b" }}}
	onSource = []cond{{"s.v > 5", func(_, s rec) bool { return s.v > 5 }}, {"s.p <> 'a'", func(_, s rec) bool { return s.p != "" && s.p != "a" }}}
)

// act is what a clause does: the row as it becomes, nil for a row that goes.
type act struct {
	text string
	do   func(t, s rec) *rec
}

func sum(a, b int64) int64 {
	if a == 0 || b == 0 {
		return 0
	}
	return a + b
}

var acts = map[expression.MergeWhen][]act{
	expression.Matched: {
		{"DELETE", func(rec, rec) *rec { return nil }},
		{"UPDATE SET *", func(_, s rec) *rec { return &s }},
		{"UPDATE SET v = t.v + s.v", func(t, s rec) *rec { return &rec{t.k, t.p, sum(t.v, s.v)} }},
		{"UPDATE SET p = s.p, k = t.k + 100", func(t, s rec) *rec { return &rec{sum(t.k, 100), s.p, t.v} }},
		{"UPDATE SET t.v = 3", func(t, _ rec) *rec { return &rec{t.k, t.p, 3} }},
	},
	expression.NotMatched: {
		{"INSERT *", func(_, s rec) *rec { return &s }},
		{"INSERT (v, k) VALUES (s.v + 10, s.k)", func(_, s rec) *rec { return &rec{k: s.k, v: sum(s.v, 10)} }},
	},
	expression.NotMatchedBySource: {
		{"DELETE", func(rec, rec) *rec { return nil }},
		{"UPDATE SET p = 'z'", func(t, _ rec) *rec { return &rec{t.k, "z", t.v} }},
		{"UPDATE SET v = v + 1000", func(t, _ rec) *rec { return &rec{t.k, t.p, sum(t.v, 1000)} }},
	},
}

// when is a clause.
type when struct {
	kind expression.MergeWhen
	cond cond
	act  act
}

func (w when) text() string {
	if w.cond.text == "" {
		return strings.ToUpper(string(w.kind)) + " THEN " + w.act.text
	}
	return strings.ToUpper(string(w.kind)) + " AND " + w.cond.text + " THEN " + w.act.text
}

func randomWhens(r *rand.Rand) (out []when) {
	conds := map[expression.MergeWhen][]cond{
		expression.Matched: slices.Concat(onBoth, onTarget, onSource), expression.NotMatched: onSource, expression.NotMatchedBySource: onTarget,
	}
	for _, kind := range []expression.MergeWhen{expression.Matched, expression.NotMatched, expression.NotMatchedBySource} {
		for n := r.Intn(3); n > 0; n-- {
			c := always
			if n > 1 || r.Intn(2) == 0 {
				c = conds[kind][r.Intn(len(conds[kind]))]
			}
			out = append(out, when{kind, c, acts[kind][r.Intn(len(acts[kind]))]})
		}
	}
	if len(out) == 0 {
		return randomWhens(r)
	}
	return out
}

// apply is MERGE as it is told: the rows as they become, or that they cannot. n counts inserted, updated and deleted rows.
func (o oracle) apply(target, source []rec) (out []rec, n [3]int64, multiple bool) {
	first := func(kind expression.MergeWhen, t, s rec) *when {
		for i := range o.whens {
			if o.whens[i].kind == kind && o.whens[i].cond.is(t, s) {
				return &o.whens[i]
			}
		}
		return nil
	}
	insertsOnly, matched := true, []when{}
	for _, w := range o.whens {
		insertsOnly = insertsOnly && w.kind == expression.NotMatched
		if w.kind == expression.Matched {
			matched = append(matched, w)
		}
	}
	tolerated := insertsOnly || len(matched) == 1 && matched[0].text() == "MATCHED THEN DELETE"
	used := make([]bool, len(source))
	for _, t := range target {
		kind, with, times := expression.NotMatchedBySource, rec{}, 0
		for i, s := range source {
			if o.on.is(t, s) {
				kind, with, used[i], times = expression.Matched, s, true, times+1
			}
		}
		multiple = multiple || times > 1 && !tolerated
		w := first(kind, t, with)
		switch {
		case w == nil:
			out = append(out, t)
			continue
		case w.act.do(t, with) == nil:
			n[2]++
			continue
		}
		n[1]++
		out = append(out, *w.act.do(t, with))
	}
	for i, s := range source {
		if w := first(expression.NotMatched, rec{}, s); !used[i] && w != nil {
			n[0]++
			out = append(out, *w.act.do(rec{}, s))
		}
	}
	return out, n, multiple
}

type oracle struct {
	on    cond
	whens []when
}

func randomRecs(r *rand.Rand, n int) []rec {
	out := make([]rec, n)
	for i := range out {
		out[i] = rec{int64(r.Intn(12)), []string{"", "a", "b", "c"}[r.Intn(4)], int64(r.Intn(10))}
	}
	return out
}

// distinctKeys leaves one row for each key, so that most statements are not refused.
func distinctKeys(in []rec) []rec {
	seen := map[int64]bool{}
	return slices.DeleteFunc(in, func(r rec) bool {
		was := seen[r.k]
		seen[r.k] = true
		return was
	})
}

func recQuery(recs []rec) string {
	if len(recs) == 0 {
		return "SELECT 1::BIGINT AS k, ''::VARCHAR AS p, 1::BIGINT AS v WHERE false"
	}
	var list []string
	for _, r := range recs {
		list = append(list, r.sql())
	}
	return of("k, p, v", strings.Join(list, ", "))
}

func sorted(recs []rec) []string {
	out := []string{}
	for _, r := range recs {
		out = append(out, r.String())
	}
	slices.Sort(out)
	return out
}

func TestAMergeIsWhatTheNaiveOneIs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := rand.New(rand.NewSource(rapid.Int64().Draw(t, "seed")))
		props := map[string]string{}
		for _, p := range []string{"delta.enableDeletionVectors", "delta.enableChangeDataFeed", "delta.enableRowTracking"} {
			if r.Intn(2) == 0 {
				props[p] = "true"
			}
		}
		by := [][]string{nil, {"p"}, {"k"}}[r.Intn(3)]
		tab := create(t, "k BIGINT, p STRING, v BIGINT", maps.Clone(props), by...)
		var model []rec
		for range r.Intn(3) {
			more := randomRecs(r, 1+r.Intn(12))
			insert(t, tab, recQuery(more))
			model = append(model, more...)
		}
		o := options()
		o.NoDeletionVectors, o.ScanParallelism, o.TargetFileSize = r.Intn(3) == 0, 1+r.Intn(3), []int64{0, 1}[r.Intn(2)]
		o.SourceMemory = []int64{0, 1}[r.Intn(2)]
		for range 1 + r.Intn(2) {
			source := randomRecs(r, r.Intn(10))
			if r.Intn(4) > 0 {
				source = distinctKeys(source)
			}
			with := oracle{ons[r.Intn(len(ons))], randomWhens(r)}
			model = with.check(t, tab, model, source, o)
		}
		if props["delta.enableChangeDataFeed"] != "" {
			replays(t, tab, 1)
		}
	})
}

// check runs a statement, and gives the rows as they are then.
func (o oracle) check(t *rapid.T, tab *table.Table, model, source []rec, opts merge.Options) []rec {
	t.Helper()
	var texts []string
	for _, w := range o.whens {
		texts = append(texts, w.text())
	}
	told := fmt.Sprintf("%v\nsource %v\nON %s\n%s\n%+v", model, source, o.on.text, strings.Join(texts, "\n"), opts)
	before := idsOf(t, tab)
	want, n, multiple := o.apply(model, source)
	got, err := run(t, tab, recQuery(source), statement(t, o.on.text, texts...), opts)
	if multiple {
		if several := (*merge.MultipleMatchError)(nil); !errors.As(err, &several) {
			t.Fatalf("%s\nwants an error for multiple matches and has %v", told, err)
		}
		want = model
	} else if err != nil {
		t.Fatalf("%s\n%v", told, err)
	}
	if !slices.Equal(rows(t, tab), sorted(want)) {
		t.Fatalf("%s\ngives\n%s\nand not\n%s", told, strings.Join(rows(t, tab), "\n"), strings.Join(sorted(want), "\n"))
	}
	if !multiple && (got.RowsInserted != n[0] || got.RowsUpdated != n[1] || got.RowsDeleted != n[2] || got.SourceRows != int64(len(source))) {
		t.Fatalf("%s\ncounts %+v and not %v", told, got.Metrics, n)
	}
	after := idsOf(t, tab)
	if len(after) > 0 && !multiple {
		kept := 0
		for id := range after {
			if before[id] {
				kept++
			}
		}
		if int64(kept) != int64(len(before))-n[2] || len(after) != len(want) {
			t.Fatalf("%s\n%d of %d row ids are kept, %d rows deleted", told, kept, len(before), n[2])
		}
	}
	return want
}

// idsOf are the row ids; none where the table does not track rows.
func idsOf(t tester, tab *table.Table) map[int64]bool {
	t.Helper()
	out := map[int64]bool{}
	tab = open(t, tab.Store())
	if !tab.Snapshot().RowTrackingEnabled() {
		return out
	}
	for f, err := range tab.Snapshot().Files(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		for rows, err := range tab.ScanFile(t.Context(), tab.Snapshot(), f, table.ScanOptions{Columns: []string{}, RowTracking: true}) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range rows.RowIDs.Len() {
				if id := rows.RowIDs.Value(i); rows.RowIDs.IsNull(i) || out[id] {
					t.Fatalf("row id %d is missing or there twice", id)
				} else {
					out[id] = true
				}
			}
			rows.Release()
		}
	}
	return out
}
