package partition

import (
	"github.com/ingestd/ingestd/table/scalar"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Format gives the text of a value of a partition column as partitionValues holds it; nil for null
// and for the empty string and empty binary, which the protocol cannot tell from null.
// The Go types are those of package scalar. Errors: *scalar.ValueError.
func Format(t schema.Type, v any) (*string, error) {
	if v == nil {
		return nil, nil
	}
	text, err := scalar.Format(t, v)
	if err != nil || text == "" {
		return nil, err
	}
	return &text, nil
}

// Parse gives the value of a partition column from partitionValues; nil (null) for nil and for the
// empty string. Errors: *scalar.ValueError.
func Parse(t schema.Type, text *string) (any, error) {
	if text == nil || *text == "" {
		return nil, nil
	}
	return scalar.Parse(t, *text)
}
