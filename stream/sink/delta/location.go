package delta

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/ingestd/ingestd/merge/changes"
)

// Location is where tables lie: a path or URL that may name parts of where changes come from: {topic}, {database}, {schema}, {table}. One with such
// names is of many tables.
type Location string

// LocationError says that a location is none, or not for a table.
type LocationError struct {
	Location Location
	Reason   string
}

func (e *LocationError) Error() string { return fmt.Sprintf("table %s: %s", e.Location, e.Reason) }

// Many says whether the location is of many tables.
func (l Location) Many() bool { return strings.Contains(string(l), "{") }

// parts calls do with each literal text and each name in braces.
func (l Location) parts(do func(text string, name bool) error) error {
	rest := string(l)
	for {
		before, after, found := strings.Cut(rest, "{")
		if err := do(before, false); err != nil || !found {
			return err
		}
		name, tail, closed := strings.Cut(after, "}")
		if !closed {
			return &LocationError{l, "a { is not closed"}
		}
		if err := do(name, true); err != nil {
			return err
		}
		rest = tail
	}
}

// Check says whether all names are known.
func (l Location) Check() error {
	_, err := l.Of(changes.Origin{Database: "d", Schema: "s", Table: "t", Topic: "t"})
	return err
}

// Of is the location of the table that changes of an origin go to. Error: *LocationError for a part that the origin does not have.
func (l Location) Of(o changes.Origin) (string, error) {
	var out strings.Builder
	err := l.parts(func(text string, name bool) error {
		if !name {
			out.WriteString(text)
			return nil
		}
		values := map[string]string{"topic": o.Topic, "database": o.Database, "schema": o.Schema, "table": o.Table}
		v, known := values[text]
		switch {
		case !known:
			return &LocationError{l, fmt.Sprintf("there is no {%s}; there are {topic}, {database}, {schema} and {table}", text)}
		case v == "":
			return &LocationError{l, fmt.Sprintf("the changes of %s have no %s", o, text)}
		}
		out.WriteString(folder(v))
		return nil
	})
	return out.String(), err
}

// folder is a name as one folder of a path.
func folder(name string) string {
	if strings.Trim(name, ".") == "" {
		return strings.Repeat("%2E", len(name))
	}
	return url.PathEscape(name)
}
