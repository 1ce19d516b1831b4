package delta

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/fault"
	"github.com/ingestd/ingestd/objstore/local"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/streamtest"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog/schema"
)

func TestSinkConforms(t *testing.T) {
	stores := map[string]func(t *testing.T) objstore.Store{
		"memory": func(*testing.T) objstore.Store { return mem.New() },
		"local": func(t *testing.T) objstore.Store {
			s, err := local.New(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			return s
		},
		// Answers that are lost now and then must not be noticed: the log finds out by reading back.
		"memory that loses answers": func(*testing.T) objstore.Store {
			return fault.Wrap(mem.New(), fault.Options{Rules: []fault.Rule{{Op: fault.Put, Key: "_delta_log/*.json", Nth: 2, Effect: fault.Lost}}})
		},
	}
	for name, store := range stores {
		for _, by := range [][]string{nil, {"partition"}} {
			t.Run(name+" by "+strings.Join(by, ","), func(t *testing.T) {
				streamtest.TestSink(t, func(t *testing.T) streamtest.SinkHarness {
					s := store(t)
					return streamtest.SinkHarness{
						New: func(testing.TB) stream.Sink {
							o := options(s)
							o.PartitionBy = by
							return New(o)
						},
						Rows: func(t testing.TB) []streamtest.Row { return tableRows(t, s) },
					}
				})
			})
		}
	}
}

func opened(t *testing.T, o Options) *Sink {
	t.Helper()
	s := New(o)
	if err := s.Open(t.Context(), streamtest.Schema); err != nil {
		t.Fatal(err)
	}
	return s
}

func TestOpenCreatesTheTable(t *testing.T) {
	o := options(mem.New())
	o.PartitionBy, o.Properties, o.Name, o.Description = []string{"Partition"}, map[string]string{"delta.checkpointInterval": "7"}, "n", "d"
	s := opened(t, o)
	d, err := s.Table().Describe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if *d.Name != "n" || *d.Description != "d" || d.PartitionColumns[0] != "partition" || d.Properties["delta.checkpointInterval"] != "7" || d.Version != 0 {
		t.Errorf("%+v", d)
	}
	if s.Name() != "DeltaSink["+o.Store.URL()+"]" {
		t.Errorf("name %q", s.Name())
	}
}

func TestOpenChecksTheTable(t *testing.T) {
	const columns = "partition STRING, offset BIGINT, value STRING"
	var (
		partitioned *table.PartitionedError
		merge       *schema.MergeError
		extra       *table.ExtraColumnsError
		missing     *table.MissingColumnError
		retention   *RetentionError
	)
	for name, c := range map[string]struct {
		columns string
		by      []string
		props   map[string]string
		change  func(*Options)
		target  any // nil: accepted
	}{
		"the same":                    {columns, nil, nil, nil, nil},
		"partitioned as said":         {columns, []string{"partition"}, nil, func(o *Options) { o.PartitionBy = []string{"PARTITION"} }, nil},
		"partitioned, nothing said":   {columns, []string{"partition"}, nil, nil, nil},
		"partitioned otherwise":       {columns, []string{"partition"}, nil, func(o *Options) { o.PartitionBy = []string{"value"} }, &partitioned},
		"not partitioned":             {columns, nil, nil, func(o *Options) { o.PartitionBy = []string{"value"} }, &partitioned},
		"partitioned, said not to be": {columns, []string{"partition"}, nil, func(o *Options) { o.PartitionBy = []string{} }, &partitioned},
		"another type":                {"partition STRING, offset INT, value STRING", nil, nil, nil, &merge},
		"a column less":               {"partition STRING, offset BIGINT", nil, nil, nil, &extra},
		"a column less, merging":      {"partition STRING, offset BIGINT", nil, nil, func(o *Options) { o.MergeSchema = true }, nil},
		"a column more":               {columns + ", x INT", nil, nil, nil, nil},
		"a required column more":      {columns + ", x INT NOT NULL", nil, nil, nil, &missing},
		"txns expire":                 {columns, nil, map[string]string{"delta.setTransactionRetentionDuration": "interval 7 days"}, nil, &retention},
		"txns expire, checkpointed":   {columns, nil, map[string]string{"delta.setTransactionRetentionDuration": "interval 7 days"}, func(o *Options) { o.Checkpointed = true }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			store := mem.New()
			sc, err := schema.ParseDDL(c.columns)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := table.Create(t.Context(), store, table.CreateOptions{Schema: sc, PartitionBy: c.by, Properties: c.props}); err != nil {
				t.Fatal(err)
			}
			o := options(store)
			if c.change != nil {
				c.change(&o)
			}
			err = New(o).Open(t.Context(), streamtest.Schema)
			if c.target == nil && err != nil || c.target != nil && (!errors.As(err, c.target) || objstore.IsRetryable(err)) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestTheRetentionErrorTellsTheWayOut(t *testing.T) {
	err := &RetentionError{Location: "file:///t", Retention: "interval 1 hour"}
	for _, want := range []string{"file:///t", "interval 1 hour", "delta.setTransactionRetentionDuration", "checkpoint_location"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not tell %s", err, want)
		}
	}
}

func TestCommitsAreShownAsSparksAre(t *testing.T) {
	s := opened(t, options(mem.New()))
	if err := s.Start(t.Context(), "q", stream.Offsets{"t/0": 0}); err != nil {
		t.Fatal(err)
	}
	w, err := s.Begin(t.Context(), stream.BatchID{Query: "q", ID: 42, From: stream.Offsets{"t/0": 0}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), streamtest.Batch(streamtest.Row{Partition: "t/0", Value: "x"})); err != nil {
		t.Fatal(err)
	}
	c, err := w.Commit(t.Context(), stream.Offsets{"t/0": 1})
	if err != nil || c.Version != 2 || c.Rows != 1 || c.Files != 1 || c.Bytes == 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	for e, err := range s.Table().History(t.Context(), 1) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Operation != "STREAMING UPDATE" || e.EngineInfo == "" {
			t.Errorf("%+v", e)
		}
		if want := map[string]string{"outputMode": "Append", "queryId": "q", "epochId": "42"}; !maps.Equal(e.OperationParameters, want) {
			t.Errorf("parameters %v", e.OperationParameters)
		}
		if m := e.OperationMetrics; m["numOutputRows"] != "1" || m["numAddedFiles"] != "1" || m["numRemovedFiles"] != "0" || m["numOutputBytes"] == "" {
			t.Errorf("metrics %v", m)
		}
	}
}

func TestASinkGoesOnBesideOtherWriters(t *testing.T) {
	store := mem.New()
	s := opened(t, options(store))
	at := stream.Offsets{"t/0": 0}
	if err := s.Start(t.Context(), "q", at); err != nil {
		t.Fatal(err)
	}
	for i := range int64(3) {
		w, err := s.Begin(t.Context(), stream.BatchID{Query: "q", ID: i, From: at})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Write(t.Context(), streamtest.Batch(streamtest.Row{Partition: "t/0", Offset: i})); err != nil {
			t.Fatal(err)
		}
		foreign := streamtest.Batch(streamtest.Row{Partition: "foreign", Offset: i})
		if _, err := openTable(t, store).Append(t.Context(), table.Batches(foreign), table.AppendOptions{}); err != nil {
			t.Fatal(err)
		}
		at = stream.Offsets{"t/0": i + 1}
		if _, err := w.Commit(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	if rows := tableRows(t, store); len(rows) != 6 {
		t.Errorf("%v", rows)
	}
}

func TestMergeSchemaEvolvesTheTableWithTheFirstBatch(t *testing.T) {
	store := mem.New()
	sc, err := schema.ParseDDL("partition STRING, offset BIGINT")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := table.Create(t.Context(), store, table.CreateOptions{Schema: sc}); err != nil {
		t.Fatal(err)
	}
	o := options(store)
	o.MergeSchema = true
	s := opened(t, o)
	w, err := s.Begin(t.Context(), stream.BatchID{Query: "q"})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(t.Context(), streamtest.Batch(streamtest.Row{Partition: "t/0", Value: "x"})); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(t.Context(), stream.Offsets{"t/0": 1}); err != nil {
		t.Fatal(err)
	}
	if got := openTable(t, store).Schema().DDL(); !strings.Contains(got, "value STRING") {
		t.Errorf("schema %s", got)
	}
}

func TestColumnsOfNothingButNullAreLeftOut(t *testing.T) {
	rows := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Int64, Nullable: true}, {Name: "b", Type: arrow.Null, Nullable: true}}, nil)
	s := New(options(mem.New()))
	if err := s.Open(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	if got := s.Table().Schema().DDL(); got != "a BIGINT" {
		t.Errorf("schema %s", got)
	}
	w, err := s.Begin(t.Context(), stream.BatchID{Query: "q"})
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, rows)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).Append(1)
	b.Field(1).AppendNull()
	if err := w.Write(t.Context(), b.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	if c, err := w.Commit(t.Context(), stream.Offsets{}); err != nil || c.Rows != 1 {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestOpenRefusesTypesThatNoTableHolds(t *testing.T) {
	bad := arrow.NewSchema([]arrow.Field{{Name: "d", Type: arrow.FixedWidthTypes.Duration_s}}, nil)
	if err := New(options(mem.New())).Open(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "column d") {
		t.Errorf("%v", err)
	}
}
