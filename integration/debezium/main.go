// Command debezium takes samples: what Debezium sends of a PostgreSQL database that has every type, with each of its
// options that change how values are encoded, and what PostgreSQL itself says of the same rows. The decoder's tests read
// both.
//
//	go run ./integration/debezium [-out DIR] [NAME...]
//
// A sample is two files:
//
//	NAME.jsonl      the records, in order within a topic, one {"topic","partition","offset","key","value","headers"} a line:
//	                key and value are texts or null, headers are texts by name
//	NAME.rows.json  {"before": TABLES, "after": TABLES}: all tables before the connector started, which its snapshot
//	                found, and after the last change; TABLES are by name {"keys","types","columns","rows"}, cells as
//	                PostgreSQL spells them in UTC, null where they are NULL
//
// The tables are those of sql/tables.sql; what happens to them is sql/changes.sql. The function samples says which
// samples there are.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"

	"github.com/ingestd/ingestd/integration/parts"
)

func main() {
	out := flag.String("out", filepath.Join("stream", "format", "debezium", "testdata"), "the folder of the samples")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *out, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run takes the named samples, or all; one that fails does not stop the others.
func run(ctx context.Context, out string, names []string) error {
	for _, name := range names {
		if !slices.ContainsFunc(samples(), func(s sample) bool { return s.name == name }) {
			return fmt.Errorf("no sample is named %s", name)
		}
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "ingestd-debezium-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := openStudio(ctx, dir)
	if err != nil {
		return err
	}
	defer s.close()
	var failed error
	for _, sample := range samples() {
		if len(names) > 0 && !slices.Contains(names, sample.name) {
			continue
		}
		n, err := s.take(ctx, sample, out)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("sample %s: %w", sample.name, err))
			continue
		}
		fmt.Printf("%s: %d records\n", sample.name, n)
	}
	return failed
}

// A studio is where samples are taken.
type studio struct {
	postgres *parts.PostgresServer
	kafka    *parts.KafkaBroker
	debezium *parts.DebeziumWorker
}

// openStudio starts the parts, with their files in dir, and makes the database that those of the samples are copies of.
func openStudio(ctx context.Context, dir string) (*studio, error) {
	s := &studio{}
	start := func(name string, what func(dir string) error) error {
		at := filepath.Join(dir, name)
		if err := os.Mkdir(at, 0o755); err != nil {
			return err
		}
		return what(at)
	}
	err := start("postgres", func(dir string) (err error) {
		s.postgres, err = parts.StartPostgres(ctx, dir)
		return err
	})
	if err == nil {
		err = start("kafka", func(dir string) (err error) {
			s.kafka, err = parts.StartKafka(ctx, dir)
			return err
		})
	}
	if err == nil {
		err = start("debezium", func(dir string) (err error) {
			s.debezium, err = parts.StartDebezium(ctx, dir, s.kafka)
			return err
		})
	}
	if err == nil {
		err = s.postgres.Exec(ctx, "postgres", "CREATE DATABASE model")
	}
	if err == nil {
		err = s.postgres.Exec(ctx, "model", tables)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *studio) close() {
	ctx := context.Background()
	if s.debezium != nil {
		_ = s.debezium.Kill(ctx)
	}
	if s.kafka != nil {
		_ = s.kafka.Kill(ctx)
	}
	if s.postgres != nil {
		_ = s.postgres.Kill(ctx)
	}
}
