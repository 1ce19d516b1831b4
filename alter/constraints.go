package alter

import (
	"context"
	"strings"

	"github.com/ingestd/ingestd/internal/suggest"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// DropConstraint takes a CHECK constraint off. ifExists makes it no error that there is none.
// Errors: *ConstraintError.
func DropConstraint(ctx context.Context, t *table.Table, name string, ifExists bool) (Result, error) {
	return apply(ctx, t, func(_ context.Context, d *draft) error {
		key, ok := d.constraint(name)
		if !ok {
			if ifExists {
				return nil
			}
			return &ConstraintError{name, "is not there" + d.known(name)}
		}
		d.op = txlog.Operation{Name: "DROP CONSTRAINT", Parameters: map[string]any{"name": name, "expr": d.properties[key], "existed": "true"}}
		delete(d.properties, key)
		return nil
	})
}

// constraint is the property that holds a constraint; names are the same in any case.
func (d *draft) constraint(name string) (string, bool) {
	for key := range d.properties {
		if strings.EqualFold(key, constraintPrefix+name) {
			return key, true
		}
	}
	return "", false
}

func (d *draft) known(name string) string {
	names := constraintNames(d.properties)
	if len(names) == 0 {
		return "; the table has none"
	}
	return suggest.DidYouMean(name, names)
}

// constraintNames are those of the CHECK constraints, in order.
func constraintNames(properties map[string]string) []string {
	var names []string
	for _, key := range keysOf(properties) {
		if len(key) > len(constraintPrefix) && strings.EqualFold(key[:len(constraintPrefix)], constraintPrefix) {
			names = append(names, key[len(constraintPrefix):])
		}
	}
	return names
}

func checkConstraintName(name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return &ConstraintError{name, "needs a name"}
	case strings.EqualFold(name, "__CHAR_VARCHAR_STRING_CONSTRAINT__"):
		return &ConstraintError{name, "has a name that Spark keeps for itself"}
	}
	return nil
}
