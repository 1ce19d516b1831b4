package merge

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/table/expression"
)

// metrics are those of a try.
func (n *counters) metrics(source int64, s table.ChangeStats) Metrics {
	m := Metrics{
		SourceRows: source, RowsInserted: n.inserted.Load(), RowsCopied: s.CopiedRows,
		RowsMatchedUpdated: n.matchedUpdated.Load(), RowsUnmatchedUpdated: n.unmatchedUpdated.Load(),
		RowsMatchedDeleted: n.matchedDeleted.Load(), RowsUnmatchedDeleted: n.unmatchedDeleted.Load(),
		FilesAdded: s.AddedFiles, BytesAdded: s.AddedBytes, FilesRemoved: s.RemovedFiles, BytesRemoved: s.RemovedBytes,
		ChangeFilesAdded: s.ChangeFiles, FilesScanned: n.files,
		DeletionVectorsAdded: s.VectorsAdded, DeletionVectorsRemoved: s.VectorsRemoved, DeletionVectorsUpdated: s.VectorsUpdated,
	}
	m.RowsUpdated = m.RowsMatchedUpdated + m.RowsUnmatchedUpdated
	m.RowsDeleted = m.RowsMatchedDeleted + m.RowsUnmatchedDeleted
	m.OutputRows = m.RowsInserted + m.RowsUpdated + m.RowsCopied
	return m
}

// texts are the metrics as history has them.
func (m Metrics) texts() map[string]string {
	counts := map[string]int64{}
	raw, _ := json.Marshal(m) // numbers always marshal
	_ = json.Unmarshal(raw, &counts)
	out := map[string]string{}
	for k, v := range counts {
		out[k] = strconv.FormatInt(v, 10)
	}
	for k, d := range map[string]time.Duration{
		"executionTimeMs": m.Execution, "scanTimeMs": m.Scan, "rewriteTimeMs": m.Rewrite, "materializeSourceTimeMs": m.Materialize,
	} {
		out[k] = strconv.FormatInt(d.Milliseconds(), 10)
	}
	return out
}

// parameters are those of the operation, as Spark records them.
func (s Statement) parameters() map[string]any {
	on, _ := json.Marshal([]string{s.On}) // strings always marshal
	return map[string]any{
		"predicate":                    string(on),
		"matchedPredicates":            s.predicates(expression.Matched),
		"notMatchedPredicates":         s.predicates(expression.NotMatched),
		"notMatchedBySourcePredicates": s.predicates(expression.NotMatchedBySource),
	}
}

func (s Statement) predicates(when expression.MergeWhen) string {
	type predicate struct {
		Predicate  string `json:"predicate,omitempty"`
		ActionType string `json:"actionType"`
	}
	list := []predicate{}
	for _, c := range s.of(when) {
		what := map[expression.MergeAction]string{
			expression.MergeUpdate: "update", expression.MergeUpdateAll: "update", expression.MergeDelete: "delete",
			expression.MergeInsert: "insert", expression.MergeInsertAll: "insert",
		}[c.Action]
		list = append(list, predicate{c.Condition, what})
	}
	text, _ := json.Marshal(list) // strings always marshal
	return string(text)
}

// watch measures by the clock of the table.
type watch struct {
	t                         *table.Table
	began, kept, tried, found int64
}

// newWatch measures from began, when the source began to come.
func newWatch(t *table.Table, began int64) *watch { return &watch{t: t, began: began, kept: t.Now()} }

func (w *watch) begin()   { w.tried = w.t.Now() }
func (w *watch) scanned() { w.found = w.t.Now() }

func (w *watch) stop(m *Metrics) {
	now := w.t.Now()
	ms := func(from, to int64) time.Duration { return time.Duration(to-from) * time.Millisecond }
	m.Materialize, m.Scan, m.Rewrite, m.Execution = ms(w.began, w.kept), ms(w.tried, w.found), ms(w.found, now), ms(w.began, now)
}
