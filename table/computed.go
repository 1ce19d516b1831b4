package table

import (
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// checkComputed says whether the generated, identity and default columns of a new table are such as Spark has
// them. What their expressions mean is found out at the first write. Errors: *schema.InvalidError.
func checkComputed(s *schema.Struct, partitionBy []string) error {
	for path, f := range s.Walk() {
		kinds := kindsOf(f)
		switch {
		case len(kinds) == 0:
			continue
		case len(path) > 1:
			return &schema.InvalidError{Column: strings.Join(path, "."), Reason: "only a column of the table can be " + kinds[0] + ", not a field of one"}
		case len(kinds) > 1:
			return &schema.InvalidError{Column: f.Name, Reason: "it is both " + strings.Join(kinds, " and ") + "; keep one"}
		}
		id, is := f.Identity()
		switch {
		case !is:
		case f.Type != schema.Type(schema.Long):
			return &schema.InvalidError{Column: f.Name, Reason: "an identity column is BIGINT, not " + strings.ToUpper(f.Type.String())}
		case id.Step == 0:
			return &schema.InvalidError{Column: f.Name, Reason: "an identity column cannot be incremented by 0"}
		case containsFold(partitionBy, f.Name):
			return &schema.InvalidError{Column: f.Name, Reason: "a table cannot be partitioned by an identity column"}
		}
	}
	return nil
}

func kindsOf(f *schema.Field) []string {
	var kinds []string
	if _, is := f.Generation(); is {
		kinds = append(kinds, "generated")
	}
	if _, is := f.Identity(); is {
		kinds = append(kinds, "an identity column")
	}
	if _, is := f.Default(); is {
		kinds = append(kinds, "given a default")
	}
	return kinds
}

func containsFold(names []string, name string) bool {
	for _, n := range names {
		if schema.Fold(n) == schema.Fold(name) {
			return true
		}
	}
	return false
}
