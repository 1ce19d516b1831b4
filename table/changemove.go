package table

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/ingestd/ingestd/table/deletionvector"
	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/txlog/action"
)

// Origins say where the rows of a batch were: row i at Positions[i] of Files[File[i]], or of Files[0] where
// File is nil.
type Origins struct {
	Files     []*action.Add
	File      []int32
	Positions []int64
}

// NotMovableError says that rows were read without what they have to keep where they go.
type NotMovableError struct{ Option string }

func (e *NotMovableError) Error() string {
	return "rows cannot be moved without what is hidden of them: read them with ScanOptions." + e.Option
}

// Move puts in rows that were taken from files of the table, unchanged, in any order; the batch may hold rows of several
// files but only of one partition. What is hidden of them must be there where the table has it, and positions are
// those of from.
//
// For each run of rows that stays together the change keeps where they were and where they are, about 40 bytes: so
// it can follow another writer that deletes some of the rows meanwhile, and tells others, by a tag of the new
// files, where rows have gone. Errors: *NotMovableError, those of the store.
func (c *Change) Move(ctx context.Context, rows FileRows, from Origins) error {
	if c.tracked && rows.RowIDs == nil {
		return &NotMovableError{"RowTracking"}
	}
	if rows.Sequences == nil && c.snap.Properties().SequenceColumn() != "" {
		return &NotMovableError{"Sequences"}
	}
	moved := func(key string, first, n int64) { c.moved(key, from, first, n) }
	return c.rows.write(ctx, rows.Rec, copiedRows, along{Hidden: rows.Hidden, wrote: moved})
}

// ownFile is a file that the change writes out of rows of others.
type ownFile struct {
	add     *action.Add // nil until the file is durable
	rows    int64
	from    []fromRun
	deleted *deletionvector.Bitmap // by winners, since
	vector  *action.DeletionVector // of deleted; nil until it is written
}

// fromRun is rows that come one after the other in a file and came so from another.
type fromRun struct {
	file  *touched
	first int64 // position in file
	n     int64
	run   int // the same in file.moved, until that is sorted
}

// moveRun is the same from the other side.
type moveRun struct {
	first, n int64 // positions in the file that the rows were in
	to       *ownFile
	at       int64 // position of the first one now
}

// moved notes that n rows, from the first-th of a batch on, were written to the file of key.
func (c *Change) moved(key string, from Origins, first, n int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	path := partition.EncodePath(key)
	own := c.own[path]
	if own == nil {
		own = &ownFile{}
		c.own[path] = own
	}
	var recent *action.Add
	var f *touched // of recent
	for i := first; i < first+n; i++ {
		source := from.Files[0]
		if from.File != nil {
			source = from.Files[from.File[i]]
		}
		if source != recent {
			recent, f = source, c.touch(source)
		}
		pos := from.Positions[i]
		if last := len(own.from) - 1; last >= 0 && own.from[last].file == f && own.from[last].first+own.from[last].n == pos {
			own.from[last].n++
			f.moved[own.from[last].run].n++
		} else {
			own.from = append(own.from, fromRun{f, pos, 1, len(f.moved)})
			f.moved = append(f.moved, moveRun{pos, 1, own, own.rows})
		}
		own.rows++
	}
}

// RowsFromTag is the tag of an added file that was made of rows of other files, unchanged and in order
// (dataChange false). It says which rows: those of a run stay together, and the runs follow each other. Writers that
// deleted rows of the old files by deletion vectors carry them over by it.
const RowsFromTag = "ingestd.rowsFrom"

// maxTagRuns bounds the tag: rows that were sorted anew have no short one, and go without.
const maxTagRuns = 256

// rowsFrom is a run of RowsFromTag: Rows live rows of a file, from the First-th on, counted among the rows that its
// deletion vector (Vector, its unique id; "" for none) leaves.
type rowsFrom struct {
	Path   string `json:"path"`
	Vector string `json:"dv,omitempty"`
	First  int64  `json:"first"`
	Rows   int64  `json:"rows"`
}

// tagMoves writes the tag of each file that was made of others.
func (c *Change) tagMoves(ctx context.Context) error {
	for _, own := range c.own {
		if own.add == nil {
			continue
		}
		runs, err := c.ranks(ctx, own.from)
		if err != nil {
			return err
		}
		if len(runs) > maxTagRuns {
			continue
		}
		text, err := json.Marshal(runs)
		if err != nil {
			return err
		}
		if own.add.Tags == nil {
			own.add.Tags = map[string]*string{}
		}
		own.add.Tags[RowsFromTag] = new(string(text))
	}
	return nil
}

// ranks counts rows among the live ones of their files, which makes one run of rows that only deleted ones part.
func (c *Change) ranks(ctx context.Context, from []fromRun) ([]rowsFrom, error) {
	var out []rowsFrom
	for _, r := range from {
		if err := c.load(ctx, r.file); err != nil {
			return nil, err
		}
		first := r.first - r.file.base.CountBelow(uint64(r.first))
		path := r.file.add.Path
		if last := len(out) - 1; last >= 0 && out[last].Path == path && out[last].First+out[last].Rows == first {
			out[last].Rows += r.n
			continue
		}
		out = append(out, rowsFrom{Path: path, Vector: r.file.add.DeletionVector.UniqueID(), First: first, Rows: r.n})
		if len(out) > maxTagRuns {
			return out, nil
		}
	}
	return out, nil
}

// movesOf reads the tag of an added file; nil where it has none that can be read.
func movesOf(add *action.Add) []rowsFrom {
	text := add.Tags[RowsFromTag]
	if text == nil {
		return nil
	}
	var runs []rowsFrom
	if json.Unmarshal([]byte(*text), &runs) != nil {
		return nil
	}
	return runs
}

// deleteMoved takes rows out of the files that the change has moved them to; false where it has not moved them all.
func (f *touched) deleteMoved(rows *deletionvector.Bitmap) bool {
	slices.SortFunc(f.moved, func(a, b moveRun) int { return int(a.first - b.first) })
	for pos := range rows.All() {
		i, found := slices.BinarySearchFunc(f.moved, int64(pos), func(r moveRun, p int64) int {
			switch {
			case r.first+r.n <= p:
				return -1
			case r.first > p:
				return 1
			}
			return 0
		})
		if !found {
			return false
		}
		r := f.moved[i]
		if r.to.deleted == nil {
			r.to.deleted = deletionvector.New()
		}
		r.to.deleted.Add(uint64(r.at + int64(pos) - r.first))
		r.to.vector = nil
	}
	return true
}
