package table

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// CreateOptions describe a new table.
type CreateOptions struct {
	// Schema has the columns. Column mapping, where Properties turn it on, gives them ids and physical names.
	Schema      *schema.Struct
	PartitionBy []string // in order; matched without regard to case
	// ClusterBy are the columns, or fields as paths, that the table is clustered by; never with PartitionBy.
	ClusterBy [][]string
	// Properties are "delta.*" and the user's own. delta.feature.NAME=supported, delta.minReaderVersion and
	// delta.minWriterVersion ask for features and are not stored.
	Properties  map[string]string
	Name        string
	Description string
}

// ParseSchema reads the columns of a table from DDL: "id BIGINT NOT NULL, tags ARRAY<STRING>".
func ParseSchema(ddl string) (*schema.Struct, error) { return schema.ParseDDL(ddl) }

// Create makes version 0 of a table, with the lowest protocol versions that its schema and properties need.
// Errors: *ExistsError, *schema.InvalidError, *arrowmap.UnsupportedTypeError, *ClusteringError,
// *txlog.InvalidCommitError for what features do not allow, the errors of txlog/feature for properties
// and types that this version does not write.
func Create(ctx context.Context, store objstore.Store, o CreateOptions, opts ...Option) (*Table, error) {
	t := newTable(store, opts)
	p, err := t.design(o)
	if err != nil {
		return nil, err
	}
	if err := t.absent(ctx); err != nil {
		return nil, err
	}
	tx := t.log.Create(ctx, txlog.Operation{Name: "CREATE TABLE", Parameters: createParameters(p.meta, o.ClusterBy)})
	tx.Stage(p.actions()...)
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

// absent fails with *ExistsError where there is a table.
func (t *Table) absent(ctx context.Context) error {
	existing, err := t.log.Snapshot(ctx)
	if err == nil {
		return &ExistsError{Location: t.Location(), Version: existing.Version()}
	}
	if nat := (*txlog.NotATableError)(nil); !errors.As(err, &nat) {
		return err
	}
	return nil
}

// plan is a table that is to be created.
type plan struct {
	proto  *action.Protocol
	meta   *action.Metadata
	domain *action.DomainMetadata // of its clustering; nil without
	schema *schema.Struct
	shape  *shape
}

// actions are those of version 0.
func (p *plan) actions() []action.Action {
	out := []action.Action{p.proto, p.meta}
	if p.domain != nil {
		out = append(out, p.domain)
	}
	return out
}

// design checks o and plans the table.
func (t *Table) design(o CreateOptions) (*plan, error) {
	if o.Schema == nil || len(o.Schema.Fields) == 0 {
		return nil, &schema.InvalidError{Column: "(none)", Reason: "a table needs at least one column"}
	}
	if err := errors.Join(o.Schema.Check(), checkComputed(o.Schema, o.PartitionBy)); err != nil {
		return nil, err
	}
	if err := o.Schema.CheckPartitionColumns(o.PartitionBy); err != nil {
		return nil, err
	}
	props := txlog.NewProperties(o.Properties)
	if err := props.Check(); err != nil {
		return nil, err
	}
	meta := &action.Metadata{
		ID: t.conf.newID(), Name: optional(o.Name), Description: optional(o.Description),
		Format:           action.Format{Provider: "parquet", Options: map[string]string{}},
		PartitionColumns: make([]string, len(o.PartitionBy)),
		Configuration:    feature.Stored(o.Properties), CreatedTime: new(t.nowMillis()),
	}
	for i, c := range o.PartitionBy {
		meta.PartitionColumns[i] = o.Schema.Field(c).Name
	}
	proto, err := feature.ForNewTable(feature.Table{Schema: o.Schema, Properties: t.requested(o)})
	if err != nil {
		return nil, err
	}
	p := &plan{proto: proto, meta: meta}
	if p.schema, err = t.furnish(meta, proto, o.Schema); err != nil {
		return nil, err
	}
	p.shape = newShape(meta, proto)
	if o.ClusterBy != nil {
		if p.domain, p.shape.clustered, err = clusterBy(p.schema, p.shape, o); err != nil {
			return nil, err
		}
	}
	_, err = newTarget(p.schema, p.shape)
	return p, err
}

// requested are the properties of o, with what else asks for features.
func (t *Table) requested(o CreateOptions) map[string]string {
	props := maps.Clone(o.Properties)
	if props == nil {
		props = map[string]string{}
	}
	if o.ClusterBy != nil {
		props["delta.feature.clustering"] = "supported"
	}
	return props
}

// furnish gives a new table what its features keep in schema and properties: ids and physical names, and the names of
// the hidden columns of row tracking.
func (t *Table) furnish(m *action.Metadata, p *action.Protocol, s *schema.Struct) (*schema.Struct, error) {
	sh := newShape(m, p)
	s, maxID, err := sh.assign(s, txlog.NewProperties(m.Configuration).MaxColumnID(), t.physicalName)
	if err != nil {
		return nil, err
	}
	if sh.mapped() {
		m.Configuration[txlog.PropMappingMaxID] = strconv.FormatInt(maxID, 10)
	}
	if isTrue(m.Configuration, txlog.PropRowTracking) {
		for key, prefix := range map[string]string{txlog.PropRowIDColumn: "_row-id-col-", txlog.PropRowVersionColumn: "_row-commit-version-col-"} {
			if m.Configuration[key] == "" {
				m.Configuration[key] = prefix + t.conf.newID()
			}
		}
	}
	m.SchemaString = s.JSON()
	return s, nil
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// createParameters are Spark's for CREATE TABLE; each value is a JSON text in a string.
func createParameters(m *action.Metadata, clusterBy [][]string) map[string]any {
	by, _ := json.Marshal(append([]string{}, m.PartitionColumns...))
	props, _ := json.Marshal(m.Configuration)
	p := map[string]any{"partitionBy": string(by), "properties": string(props), "isManaged": "false"}
	if clusterBy != nil {
		names := make([]string, len(clusterBy))
		for i, path := range clusterBy {
			names[i] = strings.Join(path, ".")
		}
		text, _ := json.Marshal(names)
		p["clusterBy"] = string(text)
	}
	if m.Description != nil {
		p["description"] = *m.Description
	} else {
		p["description"] = nil
	}
	return p
}
