package table

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/ingestd/ingestd/table/datafile"
	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/txlog/action"
)

// touched is what a change does to one file of the table.
type touched struct {
	key   string                 // in Change.files
	add   *action.Add            // the file in the version that the change follows
	whole bool                   // all rows go
	mine  *deletionvector.Bitmap // rows that the change takes out
	needs *deletionvector.Bitmap // rows that must stay for the change to be right
	moved []moveRun              // with KeepsData: where the rows went

	base     *deletionvector.Bitmap // rows that were out before; nil until it is asked for
	physical int64                  // rows in the file, deleted ones included; 0 until it is asked for
	vector   *action.DeletionVector // of base and mine together; nil until it is written
	gone     bool                   // a winner has removed the file, and nothing is left to do
}

// takesOut says whether rows go.
func (f *touched) takesOut() bool { return !f.gone && (f.whole || f.mine != nil) }

// union is all rows that are out after the change. The base must be loaded.
func (f *touched) union() *deletionvector.Bitmap {
	u := f.base.Clone()
	u.Or(f.mine)
	return u
}

// load reads what rows of the file are out already and how many there are.
func (c *Change) load(ctx context.Context, f *touched) (err error) {
	if f.base == nil {
		if f.base, err = c.t.vectorOf(ctx, f.add); err != nil {
			return err
		}
	}
	if f.physical == 0 {
		f.physical, err = c.t.physicalRows(ctx, f.add)
	}
	return err
}

// vectorOf is the set of deleted rows of a file, empty where none are.
func (t *Table) vectorOf(ctx context.Context, add *action.Add) (*deletionvector.Bitmap, error) {
	if add.DeletionVector == nil {
		return deletionvector.New(), nil
	}
	return t.deletionVector(ctx, add)
}

// physicalRows is the number of rows of a file, deleted ones included: by its statistics, else by its footer.
func (t *Table) physicalRows(ctx context.Context, add *action.Add) (int64, error) {
	if n := numRecords(add); n >= 0 {
		return n, nil
	}
	store, key, err := t.locate(ctx, add)
	if err != nil {
		return 0, err
	}
	r, err := datafile.Open(ctx, store, key)
	if err != nil {
		return 0, err
	}
	return r.NumRows(), nil
}

// numRecords is what the statistics of a file tell; -1 where they do not.
func numRecords(add *action.Add) int64 {
	var s struct{ NumRecords *int64 }
	if add.Stats == nil || json.Unmarshal([]byte(*add.Stats), &s) != nil || s.NumRecords == nil {
		return -1
	}
	return *s.NumRecords
}

// looseStats are the statistics of a file that gets a deletion vector: the number of rows is that of the
// file, deleted ones included, and the bounds are bounds still but not tight ("Per-file Statistics").
func looseStats(add *action.Add, physical int64) (*string, error) {
	fields := map[string]json.RawMessage{}
	if add.Stats != nil {
		if err := json.Unmarshal([]byte(*add.Stats), &fields); err != nil {
			fields = nil // what cannot be read bounds nothing
		}
	}
	if fields == nil { // null is JSON, too
		fields = map[string]json.RawMessage{}
	}
	fields["numRecords"] = fmt.Append(nil, physical)
	fields["tightBounds"] = json.RawMessage("false")
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, err
	}
	return new(string(text)), nil
}

// removal is the remove action of a file, with all that Spark writes into one.
func (c *Change) removal(add *action.Add) *action.Remove {
	return &action.Remove{
		Path: add.Path, DeletionTimestamp: new(c.t.nowMillis()), DataChange: !c.opts.KeepsData, ExtendedFileMetadata: new(true),
		PartitionValues: add.PartitionValues, Size: new(add.Size), Stats: add.Stats, Tags: add.Tags, DeletionVector: add.DeletionVector,
		BaseRowID: add.BaseRowID, DefaultRowCommitVersion: add.DefaultRowCommitVersion,
	}
}

// withVector is a file with another deletion vector. All else stays as it is, row ids included.
func (c *Change) withVector(add *action.Add, v *action.DeletionVector, physical int64) (*action.Add, error) {
	out := *add
	var err error
	if out.Stats, err = looseStats(add, physical); err != nil {
		return nil, err
	}
	out.DeletionVector, out.DataChange = v, !c.opts.KeepsData
	return &out, nil
}
