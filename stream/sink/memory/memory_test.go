package memory_test

import (
	"errors"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/stream/sink/memory"
	"github.com/ingestd/ingestd/stream/streamtest"
)

func TestSinkConforms(t *testing.T) {
	streamtest.TestSink(t, func(t *testing.T) streamtest.SinkHarness {
		table := memory.NewTable()
		t.Cleanup(table.Close)
		return streamtest.SinkHarness{
			New: func(testing.TB) stream.Sink { return memory.New(table) },
			Rows: func(testing.TB) []streamtest.Row {
				var rows []streamtest.Row
				for _, b := range table.Batches() {
					rows = append(rows, streamtest.Rows(b)...)
				}
				return rows
			},
		}
	})
}

func TestOpenRefusesOtherColumns(t *testing.T) {
	table := memory.NewTable()
	if err := memory.New(table).Open(t.Context(), streamtest.Schema); err != nil {
		t.Fatal(err)
	}
	other := arrow.NewSchema([]arrow.Field{{Name: "x", Type: arrow.PrimitiveTypes.Int32}}, nil)
	var mismatch *memory.SchemaError
	if err := memory.New(table).Open(t.Context(), other); !errors.As(err, &mismatch) {
		t.Errorf("error %v", err)
	}
}
