package txlog

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/internal/jsonscan"
)

const (
	domainRowTracking    = "delta.rowTracking"
	rowTrackingPreserved = "delta.rowTracking.preserved" // tag of commitInfo
)

// NoRowCountError says that a file cannot be given row ids, since its statistics do not tell how many rows it has.
type NoRowCountError struct{ Path string }

// Error tells the file and the way out.
func (e *NoRowCountError) Error() string {
	return fmt.Sprintf("the table tracks rows, and the added file %s has no numRecords in its statistics, so its rows cannot be given ids; add it with statistics", e.Path)
}

// rowTracking says whether the commit must give row ids: supported, enabled or not, and not suspended.
func (d *draft) rowTracking() bool {
	return d.protocol != nil && feature.Supports(d.protocol, "rowTracking") && !d.props.bool(PropRowTrackingSuspended, false)
}

// rowIDs gives every added file that has none a base row id and a default row commit version, and records
// the highest id given in the domain delta.rowTracking ("Writer Requirements for Row Tracking"). A file
// that is added again keeps its own. It depends on the version before, so it is done for each attempt;
// hence the domain is no conflict.
func (d *draft) rowIDs() error {
	if d.protocol == nil || !feature.Supports(d.protocol, "rowTracking") {
		return nil
	}
	if !d.rowTracking() {
		d.withoutRowIDs()
		return nil
	}
	before := d.base.highWaterMark()
	if d.t.create {
		before = -1
	}
	mark, kept := before, d.keptRowIDs()
	for i, a := range d.actions { // what has ids may be beyond the mark, as in a clone
		add, ok := a.(*action.Add)
		if !ok {
			continue
		}
		if ids, ok := kept[pathKey(add.Path)]; ok && add.BaseRowID == nil {
			add = withRowIDs(add, ids)
			d.actions[i] = add
		}
		if add.BaseRowID != nil {
			rows, _ := numRecords(add.Stats)
			mark = max(mark, *add.BaseRowID+max(rows, 1)-1)
		}
	}
	for i, a := range d.actions {
		add, ok := a.(*action.Add)
		if !ok || add.BaseRowID != nil && add.DefaultRowCommitVersion != nil {
			continue
		}
		ids := rowIDs{base: add.BaseRowID, version: &d.version}
		if ids.base == nil {
			rows, ok := numRecords(add.Stats)
			if !ok {
				return &NoRowCountError{Path: add.Path}
			}
			ids.base = new(mark + 1)
			mark += rows
		}
		d.actions[i] = withRowIDs(add, ids)
	}
	if mark > before {
		d.actions = append(d.actions, &action.DomainMetadata{Domain: domainRowTracking, Configuration: fmt.Sprintf(`{"rowIdHighWaterMark":%d}`, mark)})
	}
	return nil
}

// withoutRowIDs: while row tracking is suspended, files that are added have no ids.
func (d *draft) withoutRowIDs() {
	for i, a := range d.actions {
		if add, ok := a.(*action.Add); ok && (add.BaseRowID != nil || add.DefaultRowCommitVersion != nil) {
			d.actions[i] = withRowIDs(add, rowIDs{})
		}
	}
}

// rowIDs are those of a file.
type rowIDs struct{ base, version *int64 }

func withRowIDs(a *action.Add, ids rowIDs) *action.Add {
	n := *a
	n.BaseRowID, n.DefaultRowCommitVersion = ids.base, ids.version
	return &n
}

// keptRowIDs are the ids of the files that the commit removes, and may add again with other rows deleted.
func (d *draft) keptRowIDs() map[string]rowIDs {
	kept := map[string]rowIDs{}
	for _, a := range d.actions {
		if r, ok := a.(*action.Remove); ok && r.BaseRowID != nil {
			kept[pathKey(r.Path)] = rowIDs{r.BaseRowID, r.DefaultRowCommitVersion}
		}
	}
	return kept
}

// followRowIDs takes over the ids that a winner has given to files that this transaction, too, adds again
// or removes: it was a backfill.
func (t *Transaction) followRowIDs(winner Commit) {
	var given map[string]rowIDs
	for _, a := range winner.Actions {
		if add, ok := a.(*action.Add); ok && add.BaseRowID != nil {
			if given == nil {
				given = map[string]rowIDs{}
			}
			given[pathKey(add.Path)] = rowIDs{add.BaseRowID, add.DefaultRowCommitVersion}
		}
	}
	if given == nil {
		return
	}
	actions := make([]action.Action, len(t.actions))
	for i, a := range t.actions {
		actions[i] = a
		path, _ := filePath(a)
		ids, ok := given[pathKey(path)]
		if !ok {
			continue
		}
		switch a := a.(type) {
		case *action.Add:
			actions[i] = withRowIDs(a, ids)
		case *action.Remove:
			n := *a
			n.BaseRowID, n.DefaultRowCommitVersion = ids.base, ids.version
			actions[i] = &n
		}
	}
	t.actions = actions
}

// highWaterMark is the highest row id that was ever given, or -1.
func (s *Snapshot) highWaterMark() int64 {
	text, ok := s.Domain(domainRowTracking)
	if !ok {
		return -1
	}
	var d struct {
		Mark *int64 `json:"rowIdHighWaterMark"`
	}
	if json.Unmarshal([]byte(text), &d) != nil || d.Mark == nil {
		return -1
	}
	return *d.Mark
}

// RowTrackingColumns are the properties that name the hidden columns of data files for row ids and row
// commit versions, which a table must have before delta.enableRowTracking is set: those that p has, else
// new ones, unique by newID (a UUID).
func RowTrackingColumns(p Properties, newID func() string) map[string]string {
	ids, versions := p.MaterializedRowIDs()
	if ids == "" {
		ids = "_row-id-col-" + newID()
	}
	if versions == "" {
		versions = "_row-commit-version-col-" + newID()
	}
	return map[string]string{PropRowIDColumn: ids, PropRowVersionColumn: versions}
}

// numRecords is the number of rows that the statistics of a file tell, deleted ones included.
func numRecords(stats *string) (int64, bool) {
	if stats == nil || strings.TrimSpace(*stats) == "" {
		return 0, false
	}
	rows, found := int64(0), false
	s := jsonscan.New([]byte(*stats))
	err := s.Object(func(key []byte) error {
		if string(key) != "numRecords" || s.Null() {
			return s.Skip()
		}
		var err error
		rows, err = s.Int()
		found = true
		return err
	})
	return rows, found && err == nil && rows >= 0
}

func pathKey(path string) string { return string(canonicalPath([]byte(path))) }
