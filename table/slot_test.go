package table

import (
	"testing"

	"github.com/ingestd/ingestd/table/partition"
)

// A folder is cut where its name is too long, and then ends with a hash, which two values may share.
func TestPartitionsAreToldApartByTheirValuesNotTheirFolders(t *testing.T) {
	columns := []string{"p", "q"}
	part := func(p, q *string) partition.Part {
		return partition.Part{Dir: "the/same", Values: map[string]*string{"p": p, "q": q}}
	}
	seen := map[string]int{}
	for i, p := range []partition.Part{
		part(nil, nil), part(nil, new("a")), part(new("a"), nil), part(new("a"), new("bc")), part(new("ab"), new("c")), part(new("a\x01\x01b"), new("c")),
	} {
		key := fileKey(columns, p, 0)
		if other, ok := seen[key]; ok {
			t.Errorf("%d and %d are one", other, i)
		}
		seen[key] = i
	}
	one, again := fileKey(columns, part(new("a"), new("b")), 0), fileKey(columns, part(new("a"), new("b")), 0)
	if one != again {
		t.Error("the same values are two")
	}
	if hidden := fileKey(columns, part(new("a"), new("b")), hasSequences); hidden == one {
		t.Error("files with hidden columns are those without")
	}
}
