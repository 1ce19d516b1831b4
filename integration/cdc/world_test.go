//go:build integration

package cdc

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/ingestd/ingestd/integration/parts"
)

// patience is how long each wait may take; it only ends a test that hangs.
const patience = 5 * time.Minute

// database is that of every world, and prefix begins the names of its topics.
const database, prefix = "shop", "shop"

//go:embed sql/tables.sql
var tablesSQL string

// A world is a database that a connector follows.
type world struct {
	testing.TB
	dir      string
	dice     *rand.Rand
	postgres *parts.PostgresServer
	kafka    *parts.KafkaBroker
	debezium *parts.DebeziumWorker
	marks    int // rows of the table marker
}

// newWorld makes the database and has the connector take its snapshot, to topics of several partitions.
func newWorld(t testing.TB) *world {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv("INGESTD_SEED"), 10, 64)
	if err != nil {
		seed = 1
	}
	t.Logf("INGESTD_SEED=%d", seed)
	name := fnv.New64a()
	_, _ = name.Write([]byte(t.Name()))
	w := &world{TB: t, dir: t.TempDir(), dice: rand.New(rand.NewPCG(seed, name.Sum64()))}
	w.postgres, w.kafka = parts.Postgres(t), parts.Kafka(t)
	w.debezium = parts.Debezium(t, w.kafka)
	w.postgres.SQL(t, "postgres", "CREATE DATABASE "+database)
	w.postgres.SQL(t, database, tablesSQL)
	config := w.postgres.Connector(database, prefix, map[string]string{
		"skipped.operations":                 "none", // truncates are sent, too
		"producer.override.compression.type": "lz4",
		"topic.creation.default.partitions":  "3",
		// Keys of documents change, without the large values: what these are is told by the changes of another key, and so must not be overtaken.
		"topic.creation.groups":                   "whole",
		"topic.creation.whole.include":            `shop\.public\.documents`,
		"topic.creation.whole.partitions":         "1",
		"topic.creation.whole.replication.factor": "1",
	})
	if err := w.debezium.Put(t.Context(), prefix, config); err != nil {
		t.Fatal(err)
	}
	// A connector that is killed before it has noted the end of its snapshot takes another, and never tells of rows that went in
	// between. That is how Debezium is.
	w.drain()
	return w
}

// drain waits until Kafka has all that was committed.
func (w *world) drain() {
	w.Helper()
	ctx, cancel := context.WithTimeoutCause(w.Context(), patience, fmt.Errorf("not within %v", patience))
	defer cancel()
	err := w.postgres.Drain(ctx, database, prefix, func() error {
		w.marks++
		return w.postgres.Exec(ctx, database, fmt.Sprintf("INSERT INTO marker VALUES (%d)", w.marks))
	})
	if err != nil {
		w.Fatal(err)
	}
}

// exec runs statements, again where another transaction was in the way.
func (w *world) exec(sql string) {
	w.Helper()
	for {
		err := w.postgres.Exec(w.Context(), database, sql)
		var refused *pgconn.PgError
		if errors.As(err, &refused) && refused.Code == "40P01" { // deadlock
			continue
		}
		if err != nil {
			w.Fatal(err)
		}
		return
	}
}
