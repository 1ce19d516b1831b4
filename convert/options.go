package convert

import (
	"cmp"
	"time"

	"github.com/google/uuid"

	"github.com/ingestd/ingestd/txlog"
	"github.com/ingestd/ingestd/txlog/schema"
)

// Options of a conversion. The zero Options infer partition columns and collect statistics.
type Options struct {
	// PartitionBy are the partition columns with their types, in the order of the folders. Nil: they are inferred from the folders'
	// names and the values in them, with the types that Spark infers.
	PartitionBy []schema.Field
	// NoStatistics leaves statistics out; so queries cannot skip files by them.
	NoStatistics bool
	// Properties of the table: "delta.*" and the user's own.
	Properties map[string]string
	// Parallelism is how many footers are read at once; 0: 16.
	Parallelism int
	// Log options are those of the commit.
	Log txlog.Options
}

func (o Options) withDefaults() Options {
	o.Parallelism = cmp.Or(o.Parallelism, 16)
	if o.Log.Now == nil {
		o.Log.Now = time.Now
	}
	if o.Log.NewID == nil {
		o.Log.NewID = uuid.NewString
	}
	return o
}

// Result says what was converted.
type Result struct {
	Version          int64 // of the table: 0
	Files            int64
	Rows             int64
	Bytes            int64
	Schema           *schema.Struct
	PartitionColumns []string
}
