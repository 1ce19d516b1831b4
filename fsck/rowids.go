package fsck

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/ingestd/ingestd/table/stats"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/schema"
)

// rowIDs follows what is given to rows: row ids, and values of identity columns.
type rowIDs struct {
	on, complete bool  // the table tracks rows; it promises ids for all of them
	mark         int64 // the highest id ever given, as the table has it; -1: none
	top          int64 // the highest that a live file has
	topPath      string

	identities []identity
}

// identity is an identity column whose values only the table makes.
type identity struct {
	path []string // physical
	id   schema.Identity
	most *int64 // farthest in the direction of the steps
	file string
}

func newRowIDs(s *txlog.Snapshot) *rowIDs {
	r := &rowIDs{on: s.Supports("rowTracking"), complete: s.RowTrackingEnabled(), mark: -1, top: -1}
	if text, ok := s.Domain("delta.rowTracking"); ok {
		var d struct {
			RowIDHighWaterMark int64 `json:"rowIdHighWaterMark"`
		}
		if json.Unmarshal([]byte(text), &d) == nil {
			r.mark = d.RowIDHighWaterMark
		}
	}
	for i := range s.Schema().Fields {
		f := &s.Schema().Fields[i]
		if id, ok := f.Identity(); ok && !id.AllowExplicit {
			r.identities = append(r.identities, identity{path: []string{physicalName(f, s.Mapping())}, id: id})
		}
	}
	return r
}

// file notes the highest row id of a file with so many rows; -1: not known.
func (r *rowIDs) file(a *action.Add, rows int64) {
	if !r.on || a.BaseRowID == nil || *a.BaseRowID > math.MaxInt64-max(rows, 0) {
		return
	}
	// A file without rows has the next id that is free for its base, and has not taken it.
	if last := *a.BaseRowID + max(rows, 0) - 1; last > r.top {
		r.top, r.topPath = last, a.Path
	}
}

// fileFindings are what is wrong with the ids of one file.
func (r *rowIDs) fileFindings(a *action.Add, rows int64) []Finding {
	if r.complete && (a.BaseRowID == nil || a.DefaultRowCommitVersion == nil) {
		return []Finding{{Kind: RowIDs, Path: a.Path, What: "the table promises row ids and the file has no baseRowId or defaultRowCommitVersion",
			Do: "set delta.enableRowTracking=false and on again, which gives ids to all files"}}
	}
	return nil
}

// bounds notes how far the values of identity columns went.
func (r *rowIDs) bounds(a *action.Add, f *stats.File) {
	for i := range r.identities {
		id := &r.identities[i]
		c, ok := f.Column(id.path...)
		v, is := c.Max.(int64)
		if id.id.Step < 0 {
			v, is = c.Min.(int64)
		}
		if ok && is && (id.most == nil || id.id.Step > 0 && v > *id.most || id.id.Step < 0 && v < *id.most) {
			id.most, id.file = &v, a.Path
		}
	}
}

// report tells of marks that are behind.
func (r *rowIDs) report(c *check) error {
	if r.on && r.top > r.mark {
		if err := c.found(Finding{Kind: RowIDs, Path: r.topPath, What: fmt.Sprintf("it has row ids to %d and the table says that %d is the highest given", r.top, r.mark),
			Do: "the next rows would get ids that are taken; commit with a writer that knows row tracking, which raises the mark when it adds a file again"}); err != nil {
			return err
		}
	}
	for _, id := range r.identities {
		if id.most == nil || id.id.HighWater != nil && (id.id.Step > 0 && *id.most <= *id.id.HighWater || id.id.Step < 0 && *id.most >= *id.id.HighWater) {
			continue
		}
		mark := "none"
		if id.id.HighWater != nil {
			mark = fmt.Sprint(*id.id.HighWater)
		}
		if err := c.found(Finding{Kind: Identity, Path: id.file, What: fmt.Sprintf("identity column %s has the value %d, beyond its high-water mark (%s)", id.path[0], *id.most, mark),
			Do: "values would be given twice; in Spark: ALTER TABLE ... ALTER COLUMN ... SYNC IDENTITY"}); err != nil {
			return err
		}
	}
	return nil
}
