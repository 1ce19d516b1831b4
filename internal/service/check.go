package service

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/internal/arrowrows"
	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/sql"
	"github.com/ingestd/ingestd/internal/suggest"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/operator/autocdc"
	"github.com/ingestd/ingestd/stream/sink/delta"
	"github.com/ingestd/ingestd/stream/source/kafka"
)

// Check finds what is wrong with the queries of a file beyond its own shape, still without touching a broker:
// schemas that a format cannot make, SQL that does not fit its input, columns to partition by that do
// not come out. Static tables that SQL names are opened. What is wrong with the file is a *config.Error; a static table
// that cannot be opened is an error of its own.
func Check(ctx context.Context, f *config.File) (err error) {
	var problems []config.Problem
	expressions := sql.NewCompiler(sql.Options{}, nil)
	defer func() { err = errors.Join(err, expressions.Close()) }()
	b := Builder{Tables: Tables{Storage: f.Storage, Expressions: expressions}}
	for _, q := range f.Queries {
		key, err := b.check(ctx, q)
		var sqlError *sql.SQLError
		switch {
		case err == nil:
		case ctx.Err() != nil, errors.As(err, &sqlError) && sqlError.Cause != nil:
			return fmt.Errorf("query %s: %s: %w", q.Name, key, err)
		default:
			problems = append(problems, q.Problem(key, err.Error()))
		}
	}
	if len(problems) > 0 {
		return &config.Error{Problems: problems}
	}
	return nil
}

// check gives the first thing wrong with a query and the key that it is about.
func (b Builder) check(ctx context.Context, q *config.Query) (key string, err error) {
	if key, err := checkKafka(q.Source.Kafka); err != nil {
		return key, err
	}
	decoder, err := rowDecoder(q, nil)
	if err != nil {
		if q.Format.Debezium != nil {
			return "format.debezium", err
		}
		return "format.json.schema", err
	}
	schema := decoder.Schema()
	for i, op := range b.sqlOperators(q) {
		if schema == nil {
			return fmt.Sprintf("operators[%d].%s", i, op.Name()), stream.ErrNoSchema
		}
		out, err := op.Bind(ctx, schema)
		if err := errors.Join(err, op.Close()); err != nil {
			return fmt.Sprintf("operators[%d].%s", i, op.Name()), err
		}
		schema = out
	}
	if words, ok := b.words(q, nil); ok {
		if schema, key, err = checkWords(ctx, words, schema); err != nil {
			return key, err
		}
	}
	if d := q.Sink.Delta; d != nil {
		return checkDelta(d, schema)
	}
	return "", nil
}

// checkWords checks how rows become changes, and gives the columns that the table gets.
func checkWords(ctx context.Context, o autocdc.Options, rows *arrow.Schema) (_ *arrow.Schema, key string, err error) {
	columns, err := autocdc.Check(ctx, o, rows)
	if wrong := (*autocdc.OptionError)(nil); errors.As(err, &wrong) {
		return nil, "sink.delta." + wrong.Option, wrong.Err
	}
	return arrow.NewSchema(columns, nil), "sink.delta", err
}

// checkDelta checks a sink for rows of a schema; nil: it is not known.
func checkDelta(d *config.Delta, rows *arrow.Schema) (key string, err error) {
	if d.Many() {
		if err := delta.Location(d.Table).Check(); err != nil {
			return "sink.delta.table", err
		}
	}
	for i, text := range d.When {
		if _, err := sql.ParseMergeClause(text); err != nil {
			return fmt.Sprintf("sink.delta.when[%d]", i), err
		}
	}
	for i, c := range d.PartitionBy {
		if rows != nil && !hasColumn(rows, c) {
			return fmt.Sprintf("sink.delta.partition_by[%d]", i), fmt.Errorf("there is no column %s%s", c, suggest.DidYouMean(c, arrowrows.Names(rows)))
		}
	}
	return "", nil
}

// checkKafka tries what the client makes of the options, without a connection.
func checkKafka(k *config.Kafka) (key string, err error) {
	src, err := kafka.New(KafkaOptions(k, nil))
	var unknown *kafka.UnknownOptionError
	if errors.As(err, &unknown) {
		return "source.kafka.options." + unknown.Name, errors.New(unknown.Reason)
	}
	if err != nil {
		return "source.kafka", err
	}
	return "", src.Close()
}

func hasColumn(s *arrow.Schema, name string) bool {
	for _, c := range arrowrows.Names(s) {
		if strings.EqualFold(c, name) {
			return true
		}
	}
	return false
}
