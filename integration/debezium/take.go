package main

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

//go:embed sql/tables.sql
var tables string

//go:embed sql/changes.sql
var changes string

// take takes a sample from a database and a connector of its own, and gives how many records it has.
func (s *studio) take(ctx context.Context, sample sample, out string) (records int, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	name := strings.ReplaceAll(sample.name, "-", "_")
	if err := s.postgres.Exec(ctx, "postgres", "CREATE DATABASE "+name+" TEMPLATE model"); err != nil {
		return 0, err
	}
	before, err := s.tables(ctx, name, sample)
	if err != nil {
		return 0, err
	}
	if err := s.debezium.Put(ctx, name, s.postgres.Connector(name, name, s.config(sample))); err != nil {
		return 0, err
	}
	defer func() {
		if deleted := s.debezium.Delete(context.WithoutCancel(ctx), name); err == nil {
			err = deleted
		}
	}()
	// The snapshot is of one moment: once one of its rows is there, what follows is not in it.
	if err := s.awaitMarker(ctx, name); err != nil {
		return 0, err
	}
	if err := s.change(ctx, name, sample); err != nil {
		return 0, err
	}
	after, err := s.tables(ctx, name, sample)
	if err != nil {
		return 0, err
	}
	lines, n, err := s.records(ctx, name)
	if err != nil {
		return 0, err
	}
	if err := os.WriteFile(filepath.Join(out, sample.name+".jsonl"), lines, 0o644); err != nil {
		return 0, err
	}
	return n, writeRows(filepath.Join(out, sample.name+".rows.json"), before, after)
}

func (s *studio) config(sample sample) map[string]string {
	config := map[string]string{
		"key.converter.schemas.enable":   "false",
		"value.converter.schemas.enable": "false",
		"skipped.operations":             "none",
		"key.converter":                  "org.apache.kafka.connect.json.JsonConverter",
		"value.converter":                "org.apache.kafka.connect.json.JsonConverter",
	}
	maps.Copy(config, sample.config)
	if len(sample.tables) > 0 {
		var list []string
		for _, table := range append([]string{"marker"}, sample.tables...) {
			list = append(list, "public."+table)
		}
		config["table.include.list"] = strings.Join(list, ",")
	}
	return config
}

// change makes the changes, each statement a transaction unless it says otherwise, and waits until they are in Kafka.
func (s *studio) change(ctx context.Context, database string, sample sample) error {
	conn, err := pgconn.Connect(ctx, s.postgres.URL(database))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	run := func(statement string) error {
		if _, err := conn.Exec(ctx, statement).ReadAll(); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
		return nil
	}
	for statement := range strings.SplitSeq(changes, ";\n") {
		if err := run(statement); err != nil {
			return err
		}
	}
	if sample.signal != "" {
		if err := run(sample.signal); err != nil {
			return err
		}
		if err := s.awaitIncremental(ctx, database); err != nil {
			return err
		}
	}
	marks := 0
	return s.postgres.Drain(ctx, database, database, func() error {
		marks++
		return run(fmt.Sprintf("INSERT INTO marker VALUES (%d)", marks))
	})
}
