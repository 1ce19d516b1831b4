package cdf_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ingestd/ingestd/alter"
	"github.com/ingestd/ingestd/cdf"
)

// texts are changes as "version kind row", sorted.
func texts(changes []change) []string {
	out := []string{}
	for _, c := range changes {
		out = append(out, fmt.Sprintf("%d %s %s", c.version, c.kind, strings.ReplaceAll(c.row, `"`, "")))
	}
	slices.Sort(out)
	return out
}

func (w *fixture) want(f *cdf.Feed, rows ...string) {
	w.Helper()
	if got := texts(w.changes(f)); !slices.Equal(got, rows) {
		w.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(rows, "\n"))
	}
}

func history(t *testing.T, props map[string]string) *fixture {
	all := map[string]string{"delta.enableChangeDataFeed": "true"}
	for k, v := range props {
		all[k] = v
	}
	w := create(t, "id BIGINT, v STRING", all)    // version 0, at 0 s
	w.add(`{"id":1,"v":"a"}`, `{"id":2,"v":"b"}`) // 1
	w.update("id = 1", "v", "'c'")                // 2
	w.delete("id = 2")                            // 3
	w.add(`{"id":3,"v":null}`)                    // 4
	return w
}

func TestAFeedTellsWhatEachCommitChanged(t *testing.T) {
	for _, vectors := range []string{"false", "true"} {
		w := history(t, map[string]string{"delta.enableDeletionVectors": vectors})
		w.want(w.feed(cdf.Version(0), cdf.Bound{}, cdf.Options{}),
			"1 insert id=1;v=a;", "1 insert id=2;v=b;", "2 update_postimage id=1;v=c;", "2 update_preimage id=1;v=a;", "3 delete id=2;v=b;", "4 insert id=3;v=null;")
		w.want(w.feed(cdf.Version(2), cdf.Version(3), cdf.Options{Columns: []string{"V", "_CHANGE_TYPE", "_commit_version", "_commit_timestamp"}}), "2 update_postimage v=c;", "2 update_preimage v=a;", "3 delete v=b;")
		w.want(w.feed(cdf.Version(0), cdf.Version(99), cdf.Options{Where: w.where("id > 1")}), "1 insert id=2;v=b;", "3 delete id=2;v=b;", "4 insert id=3;v=null;")
		for _, c := range w.changes(w.feed(cdf.Version(0), cdf.Bound{}, cdf.Options{})) {
			if want := start.Add(time.Duration(c.version) * time.Second); !c.at.Equal(want) {
				t.Errorf("version %d at %s, not %s", c.version, c.at, want)
			}
		}
	}
}

func TestARangeOfTimes(t *testing.T) {
	w := history(t, nil)
	at := func(seconds float64) cdf.Bound {
		return cdf.Time(start.Add(time.Duration(seconds * float64(time.Second))))
	}
	for _, tc := range []struct {
		from, to    cdf.Bound
		first, last int64
	}{
		{cdf.Earliest(), cdf.Version(2), 0, 2},
		{at(-100), cdf.Bound{}, 0, 4}, {at(0), at(1), 0, 1}, {at(0.0001), at(1.9999), 1, 1}, {at(1.001), at(100), 2, 4}, {at(4), at(4), 4, 4}, {at(3.9999), cdf.Bound{}, 4, 4},
	} {
		if first, last := w.feed(tc.from, tc.to, cdf.Options{}).Versions(); first != tc.first || last != tc.last {
			t.Errorf("%v to %v: %d to %d, not %d to %d", tc.from, tc.to, first, last, tc.first, tc.last)
		}
	}
	for want, r := range map[string]cdf.Range{
		"there is no version 5 to begin with: the newest version of the table is 4":                    {From: cdf.Version(5)},
		"there is no version -1 to begin with: the newest version of the table is 4":                   {From: cdf.Version(-1)},
		"the range begins with version 3, after its end, version 2":                                    {From: cdf.Version(3), To: cdf.Version(2)},
		"the range begins with version 3, after its end, version 1":                                    {From: at(2.5), To: at(1.5)},
		"nothing was committed at 2026-01-02T03:04:09.0001Z or later: the newest version of the table": {From: at(4.0001)},
		"no version was committed at or before 2026-01-02T03:02:25Z":                                   {From: cdf.Version(0), To: at(-100)},
		"say which": {},
	} {
		if _, err := cdf.Open(t.Context(), w.tab, r, cdf.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestAFeedThatWasOffSaysFromWhenItIsOn(t *testing.T) {
	w := create(t, "id BIGINT, v STRING", nil)
	set := func(on string) {
		w.Helper()
		_, err := alter.SetProperties(t.Context(), w.tab, map[string]string{"delta.enableChangeDataFeed": on})
		w.must(err)
	}
	open := func(from, to int64) error {
		f, err := cdf.Open(t.Context(), w.tab, cdf.Range{From: cdf.Version(from), To: cdf.Version(to)}, cdf.Options{})
		if err != nil {
			return err
		}
		for rec, err := range f.Rows(t.Context()) {
			if err != nil {
				return err
			}
			rec.Release()
		}
		return nil
	}
	check := func(err error, version, from int64) {
		t.Helper()
		off, ok := errors.AsType[*cdf.NotRecordedError](err)
		if !ok || off.Version != version || off.From != from {
			t.Errorf("%v", err)
		}
	}
	w.add(`{"id":1}`) // 1
	check(open(0, 1), 0, -1)
	set("true") // 2
	check(open(1, 2), 1, 2)
	w.add(`{"id":2}`) // 3
	if err := open(2, 3); err != nil {
		t.Error(err)
	}
	set("false") // 4
	check(open(2, 4), 4, -1)
	if err := open(2, 3); err != nil {
		t.Error(err)
	}
	set("true")       // 5
	w.add(`{"id":3}`) // 6
	check(open(2, 6), 4, 5)
	check(open(0, 6), 0, 5)
	w.want(w.feed(cdf.Version(5), cdf.Bound{}, cdf.Options{}), "6 insert id=3;v=null;")
	if first, last := w.feed(cdf.Earliest(), cdf.Bound{}, cdf.Options{}).Versions(); first != 5 || last != 6 {
		t.Errorf("%d to %d", first, last)
	}
	set("false")
	_, err := cdf.Open(t.Context(), w.tab, cdf.Range{From: cdf.Earliest()}, cdf.Options{})
	check(err, 7, -1)
}

func TestFilesThatAreGoneAreSaid(t *testing.T) {
	w := history(t, nil)
	for c, err := range w.feed(cdf.Version(2), cdf.Version(2), cdf.Options{}).Commits(t.Context()) {
		if err != nil || len(c.Files) == 0 {
			t.Fatal(err)
		}
		for _, f := range c.Files {
			if err := w.tab.Store().Delete(t.Context(), f.Path()); err != nil {
				t.Fatal(err)
			}
		}
	}
	f := w.feed(cdf.Version(0), cdf.Bound{}, cdf.Options{})
	var err error
	for rec, e := range f.Rows(t.Context()) {
		if err = e; err == nil {
			rec.Release()
		}
	}
	gone, ok := errors.AsType[*cdf.VacuumedError](err)
	if !ok || gone.Version != 2 || gone.From != 3 || !strings.Contains(err.Error(), "the feed can be read from version 3 on") {
		t.Fatal(err)
	}
	w.want(w.feed(cdf.Version(3), cdf.Bound{}, cdf.Options{}), "3 delete id=2;v=b;", "4 insert id=3;v=null;")
}

func TestVersionsThatTheLogHasNoMore(t *testing.T) {
	w := history(t, nil)
	if _, err := w.tab.Snapshot().Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.tab.Store().Delete(t.Context(), "_delta_log/00000000000000000000.json", "_delta_log/00000000000000000001.json", "_delta_log/00000000000000000002.json"); err != nil {
		t.Fatal(err)
	}
	_, err := cdf.Open(t.Context(), w.tab, cdf.Range{From: cdf.Version(1)}, cdf.Options{})
	if gone, ok := errors.AsType[*cdf.CleanedUpError](err); !ok || gone.Version != 1 || gone.Earliest != 4 {
		t.Error(err)
	}
	w.want(w.feed(cdf.Earliest(), cdf.Bound{}, cdf.Options{}), "4 insert id=3;v=null;")
}

func TestTheSchemaOfAFeed(t *testing.T) {
	w := history(t, map[string]string{"delta.columnMapping.mode": "name"})
	path := func(text string) alter.Path {
		p, err := alter.ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	must := func(_ alter.Result, err error) { w.must(err) }
	column, err := alter.ParseColumn("w INT")
	if err != nil {
		t.Fatal(err)
	}
	must(alter.AddColumns(t.Context(), w.tab, column)) // 5
	w.add(`{"id":4,"v":"d","w":1}`)                    // 6
	w.want(w.feed(cdf.Version(4), cdf.Bound{}, cdf.Options{}), "4 insert id=3;v=null;w=null;", "6 insert id=4;v=d;w=1;")
	w.want(w.feed(cdf.Version(4), cdf.Version(4), cdf.Options{}), "4 insert id=3;v=null;")
	must(alter.RenameColumn(t.Context(), w.tab, path("v"), "x")) // 7
	must(alter.DropColumns(t.Context(), w.tab, path("w")))       // 8
	w.delete("id = 4")                                           // 9
	w.want(w.feed(cdf.Version(0), cdf.Version(1), cdf.Options{}), "1 insert id=1;v=a;", "1 insert id=2;v=b;")
	w.want(w.feed(cdf.Version(8), cdf.Bound{}, cdf.Options{}), "9 delete id=4;x=d;")
	for _, tc := range []struct {
		from, to, version, schemaAt int64
		column, change              string
	}{
		{6, 7, 6, 7, "v", "is named x"}, {0, 9, 0, 9, "v", "is named x"}, {7, 9, 7, 9, "w", "is not there any more"},
	} {
		_, err := cdf.Open(t.Context(), w.tab, cdf.Range{From: cdf.Version(tc.from), To: cdf.Version(tc.to)}, cdf.Options{})
		if e, ok := errors.AsType[*cdf.SchemaError](err); !ok || e.Version != tc.version || e.SchemaAt != tc.schemaAt || e.Column != tc.column || e.Change != tc.change {
			t.Errorf("%v: %v", tc, err)
		}
	}
}
