package demo

import (
	"context"
	"fmt"
	"strings"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/internal/sample"
	"github.com/ingestd/ingestd/internal/service"
	"github.com/ingestd/ingestd/internal/shopdb"
)

// CDCResult is what was done with the changes of a database.
type CDCResult struct {
	Result
	Changes shopdb.Counts
	// Tables tells of each table whether it is equal to the database's; nil where not all changes were applied.
	Tables []Comparison
}

// ExistsError says that a table is there already: changes of another database cannot be applied to it.
type ExistsError struct{ Table string }

func (e *ExistsError) Error() string {
	return fmt.Sprintf("table %s is there already, from another run: remove it, or name another folder with --table", e.Table)
}

// RunCDC lets a database change, applies its changes at the same time to one Delta table for each of its tables, and compares when all are
// applied. At Stopping it returns without comparing. Errors: *ExistsError before anything is done.
func RunCDC(ctx context.Context, o Options) (CDCResult, error) {
	db := shopdb.New(o.Seed, o.Start, "shop")
	tables := service.Tables{Storage: o.Storage, Logger: o.Logger}
	for _, name := range db.Tables() {
		if _, err := tables.Open(ctx, o.TableOf(name)); err == nil {
			return CDCResult{}, &ExistsError{o.TableOf(name)}
		}
	}
	r, err := ingest(ctx, o, sample.Of(db, o.Events), cdcQuery(o, db.Topics()))
	out := CDCResult{Result: r, Changes: db.Counts()}
	if err != nil || r.Events+r.Refused < o.Events {
		return out, err
	}
	for _, name := range db.Tables() {
		t, err := tables.Open(ctx, o.TableOf(name))
		if err != nil {
			return out, fmt.Errorf("compare %s with the database: %w", name, err)
		}
		rows := db.Rows(name)
		c, err := compare(ctx, rows, t)
		rows.Release()
		if err != nil {
			return out, fmt.Errorf("compare %s with the database: %w", name, err)
		}
		c.Table = "public." + name
		out.Tables = append(out.Tables, c)
	}
	return out, nil
}

// TableOf is where the Delta table of one of the database's tables is.
func (o Options) TableOf(name string) string { return o.folder() + "/public/" + name }

// DeadLetters is where events of the database go that cannot be applied.
func (o Options) DeadLetters() string { return o.folder() + "/dead_letter" }

func (o Options) folder() string { return strings.TrimRight(o.Table, "/") }

// cdcQuery is the pipeline: what a file of `ingestd run` would say.
func cdcQuery(o Options, topics []string) *config.Query {
	return &config.Query{
		Name:               o.Name,
		Source:             source(max(5_000, o.Events/20), topics...),
		Format:             config.Format{Debezium: &config.Debezium{OnError: "dead_letter"}},
		Sink:               config.Sink{Delta: &config.Delta{Table: o.folder() + "/{schema}/{table}", Mode: "cdc", SchemaChange: "evolve"}},
		DeadLetter:         config.DeadLetter{Table: o.DeadLetters()},
		OutputMode:         "append",
		CheckpointLocation: o.folder() + "/_checkpoints/" + o.Name,
	}
}
