package service

import (
	"context"

	"github.com/ingestd/ingestd/internal/config"
	"github.com/ingestd/ingestd/merge/changes"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/format/debezium"
	"github.com/ingestd/ingestd/stream/operator/autocdc"
	"github.com/ingestd/ingestd/stream/sink/delta"
	"github.com/ingestd/ingestd/txlog/schema"
)

// cdcSink makes the sink that applies changes.
func (b Builder) cdcSink(c *config.Query) (stream.Sink, error) { return delta.NewCDC(b.cdcOptions(c)) }

func (b Builder) cdcOptions(c *config.Query) delta.CDCOptions {
	d := c.Sink.Delta
	o := delta.CDCOptions{
		Location: delta.Location(d.Table), Store: b.Tables.Store, Table: b.deltaOptions(c),
		Changes: changes.Options{Keys: d.Keys, SchemaChange: changes.SchemaChange(d.SchemaChange), SoftDelete: d.Deletes == "soft", History: d.SCDType == 2},
	}
	o.Partial = d.IgnoreNullUpdates
	if r := d.TombstoneRetention; r != nil {
		o.Changes.TombstoneRetention, o.ForgetDeletions = *r, *r == 0
	}
	return o
}

// words are those by which rows that are not Debezium's become changes; false where a query asks for none.
func (b Builder) words(c *config.Query, sink stream.Sink) (autocdc.Options, bool) {
	d := c.Sink.Delta
	if d == nil || d.Mode != "cdc" || c.Format.Debezium != nil {
		return autocdc.Options{}, false
	}
	o := autocdc.Options{
		Keys: d.Keys, SequenceBy: d.SequenceBy, DeleteWhen: d.DeleteWhen, TruncateWhen: d.TruncateWhen, IgnoreNullUpdates: d.IgnoreNullUpdates,
		Columns: d.Columns.Only, Except: d.Columns.Except, Expressions: b.Tables.Expressions,
	}
	if s, ok := sink.(*delta.CDC); ok {
		o.Admit = s.Admit
	}
	return o, true
}

// changesDecoder makes the decoder of Debezium's events. What tables can hold is asked of the sink, where it is one that applies changes.
func changesDecoder(c *config.Query, sink stream.Sink) (stream.Decoder, error) {
	f := c.Format.Debezium
	o := debezium.Options{
		DecimalHandling: debezium.DecimalHandling(f.DecimalHandlingMode), TimePrecision: debezium.TimePrecision(f.TimePrecisionMode),
		BinaryHandling: debezium.BinaryHandling(f.BinaryHandlingMode), UnavailableValue: f.UnavailableValuePlaceholder,
		AddedFieldPrefix: f.AddFieldsPrefix, Semantics: f.SemanticTypes, OnError: debezium.OnError(f.OnError),
	}
	if d := c.Sink.Delta; d != nil {
		o.Keys = d.Keys
	}
	if f.Schema != "" {
		var err error
		if o.Schema, err = schema.ParseDDL(f.Schema); err != nil {
			return nil, err
		}
	}
	if s, ok := sink.(*delta.CDC); ok {
		o.TableSchema = func(of changes.Origin) (*schema.Struct, error) {
			t, err := s.Find(context.Background(), of)
			if t == nil || err != nil {
				return nil, err
			}
			return changes.ColumnsOf(t.Schema()), nil
		}
		o.Admit = func(b changes.Batch) (string, error) { return s.Admit(context.Background(), b) }
	}
	return debezium.New(o)
}
