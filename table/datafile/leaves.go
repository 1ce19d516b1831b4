package datafile

import (
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/parquet/schema"

	table "github.com/ingestd/ingestd/txlog/schema"
)

// NoFieldIDsError says that a file of a table that maps columns by id has no ids, so that nobody can say which
// column is which. The protocol lets a reader refuse such a file or read nulls; nulls would hide the data.
type NoFieldIDsError struct{ File string }

func (e *NoFieldIDsError) Error() string {
	return fmt.Sprintf("data file %s has no field ids, and the table finds its columns by them (delta.columnMapping.mode is id): "+
		"another program wrote the file without them; remove the file from the table, or write its rows again", e.File)
}

// leavesOf finds the leaves below the wanted columns. Errors: *NoFieldIDsError.
func (r *Reader) leavesOf(want *table.Struct, m table.Mapping) ([]int, error) {
	sc := r.arrow.Schema
	root := sc.Root()
	if m == table.MappingID && len(want.Fields) > 0 && root.NumFields() > 0 && !anyID(root) {
		return nil, &NoFieldIDsError{File: r.src.name()}
	}
	chosen := map[int]bool{}
	for i := range want.Fields {
		if n := fieldOf(root, &want.Fields[i], m); n >= 0 {
			chosen[n] = true
		}
	}
	var leaves []int
	for i := range sc.NumColumns() {
		if chosen[root.FieldIndexByField(sc.ColumnRoot(i))] {
			leaves = append(leaves, i)
		}
	}
	return leaves, nil
}

// fieldOf finds a field of the table among those of a group: by its id, or, where it has none (the columns of row
// tracking) or ids do not count, the one that has its name exactly, or else one that differs in case. It is -1 where
// there is none.
func fieldOf(g *schema.GroupNode, f *table.Field, m table.Mapping) int {
	name := f.Name
	id, byID := f.FieldID()
	byID = byID && m == table.MappingID
	if m == table.MappingID || m == table.MappingName {
		name = f.PhysicalName()
	}
	found := -1
	for i := range g.NumFields() {
		n := g.Field(i)
		switch {
		case byID:
			if int64(n.FieldID()) == id {
				return i
			}
		case n.Name() == name:
			return i
		case found < 0 && strings.EqualFold(n.Name(), name):
			found = i
		}
	}
	return found
}

func anyID(g *schema.GroupNode) bool {
	for i := range g.NumFields() {
		if g.Field(i).FieldID() >= 0 {
			return true
		}
	}
	return false
}
