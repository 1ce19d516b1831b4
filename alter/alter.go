package alter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Result says what an alteration did.
type Result struct {
	Version int64 // of the table, after it
	// Changed is false where the table was so already; then nothing was committed.
	Changed bool
	// Due is work that the commit has made due (a checkpoint), to be run off the commit path.
	Due []txlog.Hook
}

// attempts bounds how often an alteration is applied again because others commit first.
const attempts = 20

// draft is a table as an alteration is making it.
type draft struct {
	t    *table.Table
	snap *txlog.Snapshot
	op   txlog.Operation

	schema      *schema.Struct
	partitionBy []string
	properties  map[string]string
	description *string           // nil: as it is; empty: none
	ask         map[string]string // properties that steer the protocol and are not stored
	protocol    *action.Protocol  // nil: what the features need above the table's
	extra       []action.Action
	rewritten   []string // paths of files that extra adds again: they must not go meanwhile
	rowsChecked bool     // rows were read, so that new ones must be checked too
	commit      bool     // even where nothing has changed
}

// apply makes the draft of each new snapshot until one is committed.
func apply(ctx context.Context, t *table.Table, change func(context.Context, *draft) error) (Result, error) {
	for n := 1; ; n++ {
		r, err := once(ctx, t, change)
		if err == nil || n == attempts || !retryable(err) {
			return r, err
		}
		if err := t.Refresh(ctx); err != nil {
			return Result{}, err
		}
	}
}

// retryable: the commit provably took no effect, and a newer snapshot may do.
func retryable(err error) bool {
	var c *txlog.CommitError
	return errors.As(err, &c) && c.Retryable()
}

func once(ctx context.Context, t *table.Table, change func(context.Context, *draft) error) (Result, error) {
	d := newDraft(t)
	if err := change(ctx, d); err != nil {
		return Result{}, fmt.Errorf("altering %s: %w", t.Location(), err)
	}
	actions, err := d.actions()
	if err != nil {
		return Result{}, fmt.Errorf("altering %s: %w", t.Location(), err)
	}
	if len(actions) == 0 && !d.commit {
		return Result{Version: d.snap.Version()}, nil
	}
	tx, err := t.Begin(d.snap, d.op)
	if err != nil {
		return Result{}, err
	}
	tx.Stage(actions...)
	tx.ReadFiles(d.rewritten...)
	if d.rowsChecked {
		tx.SetResolver(newRows{})
	}
	c, err := t.CommitTransaction(ctx, tx)
	if err != nil {
		return Result{}, err
	}
	return Result{Version: c.Version, Changed: true, Due: c.Due}, nil
}

func newDraft(t *table.Table) *draft {
	s := t.Snapshot()
	d := &draft{t: t, snap: s, schema: s.Schema(), partitionBy: s.Metadata().PartitionColumns, ask: map[string]string{}}
	d.properties = s.Properties().All()
	if d.properties == nil {
		d.properties = map[string]string{}
	}
	return d
}

// actions are the metadata and the protocol, where they have changed, and what else is staged.
func (d *draft) actions() ([]action.Action, error) {
	if err := d.schema.Check(); err != nil {
		return nil, err
	}
	if err := d.mapColumns(); err != nil {
		return nil, err
	}
	if d.op.Name != "CLUSTER BY" {
		if err := d.stayClustered(); err != nil {
			return nil, err
		}
	}
	var out []action.Action
	proto, err := d.newProtocol()
	if err != nil {
		return nil, err
	}
	if proto != d.snap.Protocol() {
		out = append(out, proto)
	}
	if m := d.metadata(); m != nil {
		out = append(out, m)
	}
	return append(out, d.extra...), nil
}

func (d *draft) newProtocol() (*action.Protocol, error) {
	from := d.snap.Protocol()
	if d.protocol != nil {
		from = d.protocol
	}
	props := maps.Clone(d.properties)
	maps.Copy(props, d.ask)
	return feature.Upgrade(from, feature.Table{Schema: d.schema, Properties: props})
}

// metadata is the new metaData action, or nil where it says what the old one does.
func (d *draft) metadata() *action.Metadata {
	old := d.snap.Metadata()
	m := *old
	if !schema.Equal(d.schema, d.snap.Schema()) {
		m.SchemaString = d.schema.JSON()
	}
	m.PartitionColumns, m.Configuration = d.partitionBy, d.properties
	described := d.description == nil || *d.description == deref(old.Description)
	if !described {
		if m.Description = d.description; *d.description == "" {
			m.Description = nil
		}
	}
	if described && m.SchemaString == old.SchemaString && maps.Equal(m.Configuration, old.Configuration) && slices.Equal(m.PartitionColumns, old.PartitionColumns) {
		return nil
	}
	return &m
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// newRows makes an alteration that has checked all rows start over when others add some meanwhile,
// which isolation alone would let it follow.
type newRows struct{}

// Resolve implements txlog.Resolver.
func (newRows) Resolve(_ context.Context, _ []action.Action, winner txlog.Commit, _ *txlog.Snapshot) (txlog.Resolution, error) {
	for _, a := range winner.Actions {
		if add, ok := a.(*action.Add); ok && add.DataChange {
			return txlog.Resolution{}, &txlog.ConflictError{Kind: txlog.ConcurrentAppend, Version: winner.Version, Path: add.Path,
				Detail: "it added rows after the rows of the table were checked:"}
		}
	}
	return txlog.Resolution{}, nil
}

// asJSON is a parameter of an operation that Spark records as JSON in a string.
func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil { // of strings, numbers and what was read from JSON there is none
		return ""
	}
	return string(b)
}
