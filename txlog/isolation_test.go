package txlog

import (
	"errors"
	"testing"

	"github.com/ingestd/ingestd/txlog/action"
)

// operation is what one of the operations of the documentation's table does to partition a (it reads and
// rewrites the file a) or b of a table.
type operation func(tx *Transaction, part string)

func inserts(tx *Transaction, part string) { tx.Stage(partAdd("new-insert-", part, true)) }

// changes is UPDATE, DELETE and MERGE: it reads a partition and rewrites its file.
func changes(tx *Transaction, part string) {
	tx.ReadPartitions(inPart(part))
	tx.ReadFiles(part)
	tx.Stage(partAdd("", part, true).Remove(1, true), partAdd("new-change-", part, true))
}

// optimizes is compaction: it changes no data.
func optimizes(tx *Transaction, part string) {
	tx.ReadFiles(part)
	tx.Stage(partAdd("", part, true).Remove(1, false), partAdd("new-optimize-", part, false))
}

// selects is INSERT INTO ... SELECT from the table itself: it reads and only adds.
func selects(tx *Transaction, part string) {
	tx.ReadPartitions(inPart(part))
	tx.ReadFiles(part)
	tx.Stage(partAdd("new-select-", "b", true))
}

func partAdd(name, part string, change bool) *action.Add {
	a := add(name + part)
	a.PartitionValues, a.DataChange = map[string]*string{"p": &part}, change
	return a
}

// The table "Write conflicts" of Delta's documentation, for two operations on the same partition, at each
// level: INSERT only conflicts with who has read, and that not below Serializable; compaction conflicts with
// whoever changes its files, and never with INSERT. Operations on partitions apart never conflict.
func TestTheConflictMatrixOfTheDocumentation(t *testing.T) {
	const none = ConflictKind("")
	for _, c := range []struct {
		name                 string
		mine, winner         operation
		serializable, writes ConflictKind
	}{
		{"INSERT after INSERT", inserts, inserts, none, none},
		{"INSERT after UPDATE", inserts, changes, none, none},
		{"INSERT after OPTIMIZE", inserts, optimizes, none, none},
		{"UPDATE after INSERT", changes, inserts, ConcurrentAppend, none},
		{"UPDATE after UPDATE", changes, changes, ConcurrentDeleteDelete, ConcurrentDeleteDelete},
		{"UPDATE after OPTIMIZE", changes, optimizes, ConcurrentDeleteDelete, ConcurrentDeleteDelete},
		{"OPTIMIZE after INSERT", optimizes, inserts, none, none},
		{"OPTIMIZE after UPDATE", optimizes, changes, ConcurrentDeleteDelete, ConcurrentDeleteDelete},
		{"OPTIMIZE after OPTIMIZE", optimizes, optimizes, ConcurrentDeleteDelete, ConcurrentDeleteDelete},
		{"INSERT SELECT after INSERT", selects, inserts, ConcurrentAppend, none},
		{"INSERT SELECT after UPDATE", selects, changes, ConcurrentDeleteRead, ConcurrentDeleteRead},
		{"INSERT SELECT after OPTIMIZE", selects, optimizes, ConcurrentDeleteRead, ConcurrentDeleteRead},
		{"UPDATE after INSERT SELECT", changes, func(tx *Transaction, part string) {
			tx.ReadWhole()
			inserts(tx, part)
		}, ConcurrentAppend, ConcurrentAppend},
	} {
		for level, want := range map[IsolationLevel]ConflictKind{Serializable: c.serializable, WriteSerializable: c.writes} {
			for _, part := range []string{"a", "b"} { // of the winner
				t.Run(c.name+" in "+part+" at "+level.String(), func(t *testing.T) {
					store, clock := newStore()
					base := newTable(t, store, clock, PropIsolationLevel, level.String())
					base = commitAll(t, base, partAdd("", "a", true), partAdd("", "b", true))
					mine, winner := base.Begin(Operation{}), base.Begin(Operation{})
					c.mine(mine, "a")
					c.winner(winner, part)
					mustCommit(t, winner)
					want := want
					if part == "b" {
						want = none
					}
					_, err := mine.Commit(t.Context())
					var conflict *ConflictError
					if errors.As(err, &conflict); (conflict == nil) != (want == none) || conflict != nil && conflict.Kind != want {
						t.Errorf("got %v, want %q", err, want)
					}
				})
			}
		}
	}
}

// What rests on rows that were read is no less bound to them because it changes no rows itself: a constraint
// that all rows were found to keep.
func TestMetadataThatRestOnRowsConflictWithNewRows(t *testing.T) {
	store, clock := newStore()
	base := newTable(t, store, clock)
	m := *base.Metadata()
	m.Configuration = map[string]string{"mine": "1"}
	tx := base.Begin(Operation{Name: "ADD CONSTRAINT"})
	tx.ReadWhole()
	tx.SetMetadata(&m)
	appendFiles(t, base, "f")
	var conflict *ConflictError
	if _, err := tx.Commit(t.Context()); !errors.As(err, &conflict) || conflict.Kind != ConcurrentAppend {
		t.Errorf("got %v", err)
	}
}
