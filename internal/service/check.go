package service

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/suggest"
)

// Check finds what is wrong with the queries of a file beyond its own shape, still without touching a broker:
// schemas that a format cannot make, SQL that does not fit its input, columns to partition by that do
// not come out. Static tables that SQL names are opened. The error is a *config.Error.
func Check(ctx context.Context, file string, f *config.File) error {
	var problems []config.Problem
	for _, q := range f.Queries {
		if key, err := checkQuery(ctx, Builder{Tables: Tables{Storage: f.Storage}}, q); err != nil {
			problems = append(problems, config.Problem{File: file, Line: q.Line, Column: 1, Key: "query " + q.Name + ": " + key, Message: err.Error()})
		}
	}
	if len(problems) > 0 {
		return &config.Error{Problems: problems}
	}
	return nil
}

func checkQuery(ctx context.Context, b Builder, q *config.Query) (key string, err error) {
	decoder, err := Decoder(q)
	if err != nil {
		return "format", err
	}
	schema := decoder.Schema()
	for i, op := range b.Operators(q) {
		out, err := op.Bind(ctx, schema)
		if err := errors.Join(err, op.Close()); err != nil {
			return fmt.Sprintf("operators[%d].%s", i, op.Name()), err
		}
		schema = out
	}
	if d := q.Sink.Delta; d != nil {
		for _, c := range d.PartitionBy {
			if !hasColumn(schema, c) {
				return "sink.delta.partition_by", fmt.Errorf("there is no column %s%s", c, suggest.DidYouMean(c, columnNames(schema)))
			}
		}
	}
	return "", nil
}

func hasColumn(s *arrow.Schema, name string) bool {
	for _, c := range columnNames(s) {
		if strings.EqualFold(c, name) {
			return true
		}
	}
	return false
}

func columnNames(s *arrow.Schema) []string {
	names := make([]string, s.NumFields())
	for i, f := range s.Fields() {
		names[i] = f.Name
	}
	return names
}
