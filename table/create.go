package table

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// CreateOptions describe a new table.
type CreateOptions struct {
	Schema      *schema.Struct
	PartitionBy []string          // in order; matched without regard to case
	Properties  map[string]string // "delta.*" and the user's own
	Name        string
	Description string
}

// ParseSchema reads the columns of a table from DDL: "id BIGINT NOT NULL, tags ARRAY<STRING>".
func ParseSchema(ddl string) (*schema.Struct, error) { return schema.ParseDDL(ddl) }

// Create makes version 0 of a table, with the lowest protocol versions that its schema and properties need.
// Errors: *ExistsError, *schema.InvalidError, *arrowmap.UnsupportedTypeError, the errors of
// txlog/feature for properties and types that this version does not write.
func Create(ctx context.Context, store objstore.Store, o CreateOptions, opts ...Option) (*Table, error) {
	t := newTable(store, opts)
	meta, proto, err := t.describeNew(o)
	if err != nil {
		return nil, err
	}
	if existing, err := t.log.Snapshot(ctx); err == nil {
		return nil, &ExistsError{Location: t.Location(), Version: existing.Version()}
	} else if nat := (*txlog.NotATableError)(nil); !errors.As(err, &nat) {
		return nil, err
	}
	tx := t.log.Create(ctx, txlog.Operation{Name: "CREATE TABLE", Parameters: createParameters(meta)})
	tx.Stage(proto, meta)
	c, err := tx.Commit(ctx)
	if exists := (*txlog.TableExistsError)(nil); errors.As(err, &exists) {
		return nil, &ExistsError{Location: t.Location()}
	} else if err != nil {
		return nil, err
	}
	t.snap.Store(c.Snapshot)
	return t, nil
}

// CreateIfNotExists opens the table, or creates it where there is none; of several that try at once one
// creates it and all open the same. The second result says that this call created it. What is
// there is not compared with o.
func CreateIfNotExists(ctx context.Context, store objstore.Store, o CreateOptions, opts ...Option) (*Table, bool, error) {
	t, err := Open(ctx, store, opts...)
	if nat := (*txlog.NotATableError)(nil); !errors.As(err, &nat) {
		return t, false, err
	}
	t, err = Create(ctx, store, o, opts...)
	if exists := (*ExistsError)(nil); errors.As(err, &exists) {
		t, err = Open(ctx, store, opts...)
		return t, false, err
	}
	return t, err == nil, err
}

// describeNew checks o and makes the actions of version 0.
func (t *Table) describeNew(o CreateOptions) (*action.Metadata, *action.Protocol, error) {
	if o.Schema == nil || len(o.Schema.Fields) == 0 {
		return nil, nil, &schema.InvalidError{Column: "(none)", Reason: "a table needs at least one column"}
	}
	if err := errors.Join(o.Schema.Check(), o.Schema.CheckFileNames()); err != nil {
		return nil, nil, err
	}
	if err := o.Schema.CheckPartitionColumns(o.PartitionBy); err != nil {
		return nil, nil, err
	}
	props := txlog.NewProperties(o.Properties)
	if err := props.Check(); err != nil {
		return nil, nil, err
	}
	if _, err := newTarget(o.Schema, o.PartitionBy, props); err != nil {
		return nil, nil, err
	}
	by := make([]string, len(o.PartitionBy))
	for i, c := range o.PartitionBy {
		by[i] = o.Schema.Field(c).Name
	}
	meta := &action.Metadata{
		ID: t.conf.newID(), Name: optional(o.Name), Description: optional(o.Description),
		Format:       action.Format{Provider: "parquet", Options: map[string]string{}},
		SchemaString: o.Schema.JSON(), PartitionColumns: by,
		Configuration: feature.Stored(o.Properties), CreatedTime: new(t.nowMillis()),
	}
	proto, err := feature.ForNewTable(feature.Table{Schema: o.Schema, Properties: o.Properties})
	return meta, proto, err
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// createParameters are Spark's for CREATE TABLE; each value is a JSON text in a string.
func createParameters(m *action.Metadata) map[string]any {
	by, _ := json.Marshal(append([]string{}, m.PartitionColumns...))
	props, _ := json.Marshal(m.Configuration)
	p := map[string]any{"partitionBy": string(by), "properties": string(props), "isManaged": "false"}
	if m.Description != nil {
		p["description"] = *m.Description
	} else {
		p["description"] = nil
	}
	return p
}
