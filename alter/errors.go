package alter

import (
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/txlog/schema"
)

// ColumnError says why a column cannot be altered so, with the way out.
type ColumnError struct {
	Column Path
	Reason string
}

// Error tells column and reason.
func (e *ColumnError) Error() string {
	if len(e.Column) == 0 {
		return e.Reason
	}
	return fmt.Sprintf("column %s: %s", e.Column, e.Reason)
}

// MappingNeededError is an alteration that would orphan the names in existing data files, on a table without column mapping.
type MappingNeededError struct {
	Column Path
	Verb   string // "renamed" or "dropped"
}

// Error names the way out.
func (e *MappingNeededError) Error() string {
	return fmt.Sprintf("column %s cannot be %s: data files hold columns by name; set delta.columnMapping.mode=name on the table first (readers then need protocol version 2)", e.Column, e.Verb)
}

// InUseError is a column that cannot go or change because something else is made of it.
type InUseError struct {
	Column Path
	By     []string // what uses it, in words
}

// Error names the users.
func (e *InUseError) Error() string {
	return fmt.Sprintf("column %s is used by %s: change or drop that first", e.Column, strings.Join(e.By, " and by "))
}

// TypeChangeError is a change of type that the table cannot make.
type TypeChangeError struct {
	Column   Path
	From, To schema.Type
	Reason   string
}

// Error tells both types, and why.
func (e *TypeChangeError) Error() string {
	return fmt.Sprintf("column %s cannot change from %s to %s: %s", e.Column, e.From, e.To, e.Reason)
}

// PropertyError is a property that cannot be set so, or unset.
type PropertyError struct{ Name, Reason string }

// Error tells name and reason.
func (e *PropertyError) Error() string { return fmt.Sprintf("table property %s: %s", e.Name, e.Reason) }

// ConstraintError says that a constraint is there already, or is not there.
type ConstraintError struct{ Name, Reason string }

// Error tells name and reason.
func (e *ConstraintError) Error() string { return fmt.Sprintf("constraint %s %s", e.Name, e.Reason) }

// ViolationError is rows of the table that a new rule would not admit.
type ViolationError struct {
	Rule string   // in words: "constraint x (a > 0)", "column a NOT NULL"
	Row  []string // one of the rows, as "name = value"
}

// Error shows one such row.
func (e *ViolationError) Error() string {
	return fmt.Sprintf("rows of the table violate %s, such as (%s): change or delete them first", e.Rule, strings.Join(e.Row, ", "))
}

// FeatureError says why a table feature cannot be added or dropped.
type FeatureError struct{ Feature, Reason string }

// Error tells feature and reason.
func (e *FeatureError) Error() string {
	return fmt.Sprintf("table feature %s %s", e.Feature, e.Reason)
}
