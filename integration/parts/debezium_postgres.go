package parts

import (
	"context"
	"fmt"
	"maps"
	"time"
)

// Connector is the configuration of a Debezium connector that follows a database, from a snapshot on, with a slot and a
// publication that have this name, and sends to topics "<name>.<schema>.<table>" of one partition. It takes all tables,
// unless config says which (table.include.list); config is added to it.
func (p *PostgresServer) Connector(database, name string, config map[string]string) map[string]string {
	host, port := p.HostPort()
	all := map[string]string{
		"connector.class":             "io.debezium.connector.postgresql.PostgresConnector",
		"tasks.max":                   "1",
		"plugin.name":                 "pgoutput",
		"database.hostname":           host,
		"database.port":               port,
		"database.user":               p.User,
		"database.password":           "none",
		"database.dbname":             database,
		"topic.prefix":                name,
		"slot.name":                   name,
		"publication.name":            name,
		"publication.autocreate.mode": "filtered",

		"topic.creation.default.partitions":         "1",
		"topic.creation.default.replication.factor": "1",
	}
	maps.Copy(all, config)
	return all
}

// Drain waits until all that was committed in a database before is in Kafka: until the connector has told its slot so. That
// a later change has come says nothing, for topics overtake each other. touch makes a change that the connector follows; it
// is called again and again, since the connector tells of a change when it has sent another after it.
func (p *PostgresServer) Drain(ctx context.Context, database, slot string, touch func() error) error {
	slots := fmt.Sprintf("SELECT 1 FROM pg_replication_slots WHERE slot_name = '%s' AND confirmed_flush_lsn ", slot)
	if err := p.poll(ctx, database, slots+"IS NOT NULL", func() error { return nil }); err != nil {
		return fmt.Errorf("await slot %s: %w", slot, err)
	}
	now, err := p.Query(ctx, database, "SELECT pg_current_wal_insert_lsn()")
	if err == nil {
		err = p.poll(ctx, database, slots+"> '"+*now.Rows[0][0]+"'", touch)
	}
	if err != nil {
		return fmt.Errorf("drain slot %s: %w", slot, err)
	}
	return nil
}

// poll asks again and again until the answer has a row, and does something each time before.
func (p *PostgresServer) poll(ctx context.Context, database, query string, before func() error) error {
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for {
		if err := before(); err != nil {
			return err
		}
		answer, err := p.Query(ctx, database, query)
		if err != nil || len(answer.Rows) > 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
}
