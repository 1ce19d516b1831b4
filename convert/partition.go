package convert

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog/schema"
)

// partitionColumns gives the partition columns with their types: those that were given, or inferred ones.
func partitionColumns(files []*file, names []string, given []schema.Field) ([]schema.Field, error) {
	if given == nil {
		return infer(files, names), nil
	}
	want := make([]string, len(given))
	fields := make([]schema.Field, len(given))
	for i, f := range given {
		want[i], fields[i] = f.Name, f
	}
	if !sameNames(names, want) {
		return nil, &PartitionError{Key: files[0].key, Got: names, Want: want}
	}
	return fields, nil
}

// inferred are the types that a partition column can be, each in the order in which Spark tries them on a value.
var inferred = []schema.Type{schema.Integer, schema.Long, wholeDecimal, schema.Double, schema.Date, schema.Timestamp}

// wholeDecimal is what Spark infers for whole numbers that no BIGINT takes.
var wholeDecimal = schema.Decimal{Precision: 38}

// infer finds the narrowest type for the values of each column, as Spark does: whole numbers, other numbers, dates and timestamps;
// what mixes them is a string, and so is a column of nothing but nulls.
func infer(files []*file, names []string) []schema.Field {
	fields := make([]schema.Field, len(names))
	for i, name := range names {
		var t schema.Type
		for _, f := range files {
			if v := f.values[i]; v != nil {
				t = wider(t, typeOf(*v))
			}
			if t == schema.Type(schema.String) {
				break
			}
		}
		if t == nil {
			t = schema.String
		}
		fields[i] = schema.Field{Name: name, Type: t, Nullable: true}
	}
	return fields
}

// typeOf is the type of one value.
func typeOf(text string) schema.Type {
	for _, t := range inferred {
		if takes(t, text) {
			return t
		}
	}
	return schema.String
}

func takes(t schema.Type, text string) bool {
	switch t {
	case schema.Type(wholeDecimal):
		n, ok := new(big.Int).SetString(text, 10)
		return ok && len(n.Text(10)) <= 38
	case schema.Date:
		if len(text) != len("2006-01-02") {
			return false
		}
	case schema.Timestamp:
		if len(text) < len("2006-01-02 15:04:05") {
			return false
		}
	}
	_, err := scalar.Parse(t, text)
	return err == nil
}

// wider is the type that takes the values of both.
func wider(a, b schema.Type) schema.Type {
	if a == nil || a == b {
		return b
	}
	rank := func(t schema.Type) int {
		for i, n := range inferred {
			if n == t {
				return i
			}
		}
		return -1
	}
	x, y := rank(a), rank(b)
	const double = 3
	switch {
	case x < 0 || y < 0:
		return schema.String
	case x <= double && y <= double, x > double && y > double:
		return inferred[max(x, y)]
	}
	return schema.String
}

// textOf spells a partition value as the log has it. Errors: *PartitionError.
func textOf(f *file, i int, column schema.Field) (*string, error) {
	v := f.values[i]
	if v == nil {
		if !column.Nullable {
			return nil, &PartitionError{Key: f.key, Column: column.Name, Value: "null", Err: fmt.Errorf("it is NOT NULL")}
		}
		return nil, nil
	}
	fail := func(err error) (*string, error) {
		return nil, &PartitionError{Key: f.key, Column: column.Name, Value: *v, Err: err}
	}
	text := *v
	if column.Type != schema.Type(schema.String) {
		text = strings.TrimSpace(text)
	}
	value, err := scalar.Parse(column.Type, text)
	if err != nil {
		return fail(err)
	}
	spelled, err := scalar.Format(column.Type, value)
	if err != nil {
		return fail(err)
	}
	return &spelled, nil
}
