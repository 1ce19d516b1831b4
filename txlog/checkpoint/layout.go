package checkpoint

import (
	"maps"
	"slices"

	"github.com/ingestd/ingestd/txlog/schema"
	"github.com/parquet-go/parquet-go"
)

// Layout says which optional columns a checkpoint that is written has.
type Layout struct {
	Schema      *schema.Struct // of the table, in physical names
	Partitions  []string       // its partition columns, in physical names
	StatsJSON   bool           // add.stats (delta.checkpoint.writeStatsAsJson)
	StatsStruct bool           // add.stats_parsed and add.partitionValues_parsed (delta.checkpoint.writeStatsAsStruct)
	// IndexedColumns is how many leaf columns from the first stats_parsed has; -1: all.
	IndexedColumns int
	// Also are paths of further columns that stats_parsed has, such as those of clustering.
	Also [][]string
}

// contents says which kinds of actions a file has columns for.
type contents int

const (
	classicFile contents = iota // all but those of V2 checkpoints
	topFile                     // of a V2 checkpoint with sidecars: all; of file actions only what is always there
	sidecarFile                 // file actions alone
)

// Leaves have the PLAIN encoding, which every reader knows; compression does the rest.
func leaf(n parquet.Node) parquet.Node     { return parquet.Encoded(n, &parquet.Plain) }
func text() parquet.Node                   { return parquet.Optional(leaf(parquet.String())) }
func optional(t parquet.Type) parquet.Node { return parquet.Optional(leaf(parquet.Leaf(t))) }
func required(t parquet.Type) parquet.Node { return leaf(parquet.Leaf(t)) }
func textMap() parquet.Node {
	return parquet.Optional(parquet.Map(leaf(parquet.String()), text()))
}
func textList() parquet.Node                { return parquet.Optional(parquet.List(text())) }
func optGroup(g parquet.Group) parquet.Node { return parquet.Optional(g) }

// parquetSchema is the "Checkpoint Schema" of the protocol, with the nullability that Spark gives it.
func (l Layout) parquetSchema(of contents) *parquet.Schema {
	g := l.fileGroups()
	if of != sidecarFile {
		maps.Copy(g, topGroups())
	}
	if of == topFile {
		g["checkpointMetadata"] = optGroup(parquet.Group{"version": required(parquet.Int64Type), "tags": textMap()})
		g["sidecar"] = optGroup(parquet.Group{
			"path": text(), "sizeInBytes": required(parquet.Int64Type), "modificationTime": required(parquet.Int64Type), "tags": textMap(),
		})
	}
	return parquet.NewSchema("checkpoint", g)
}

// topGroups are the columns of the actions that are not of files.
func topGroups() parquet.Group {
	return parquet.Group{
		"protocol": optGroup(parquet.Group{
			"minReaderVersion": required(parquet.Int32Type), "minWriterVersion": required(parquet.Int32Type),
			"readerFeatures": textList(), "writerFeatures": textList(),
		}),
		"metaData": optGroup(parquet.Group{
			"id": text(), "name": text(), "description": text(), "schemaString": text(), "partitionColumns": textList(),
			"format":        optGroup(parquet.Group{"provider": text(), "options": textMap()}),
			"configuration": textMap(), "createdTime": optional(parquet.Int64Type),
		}),
		"txn":            optGroup(parquet.Group{"appId": text(), "version": required(parquet.Int64Type), "lastUpdated": optional(parquet.Int64Type)}),
		"domainMetadata": optGroup(parquet.Group{"domain": text(), "configuration": text(), "removed": required(parquet.BooleanType)}),
	}
}

// fileGroups are the columns of file actions.
func (l Layout) fileGroups() parquet.Group {
	dv := parquet.Group{
		"storageType": text(), "pathOrInlineDv": text(), "offset": optional(parquet.Int32Type),
		"sizeInBytes": required(parquet.Int32Type), "cardinality": required(parquet.Int64Type),
	}
	add := parquet.Group{
		"path": text(), "partitionValues": textMap(), "size": required(parquet.Int64Type), "modificationTime": required(parquet.Int64Type),
		"dataChange": required(parquet.BooleanType), "tags": textMap(), "deletionVector": optGroup(dv),
		"baseRowId": optional(parquet.Int64Type), "defaultRowCommitVersion": optional(parquet.Int64Type), "clusteringProvider": text(),
	}
	if l.StatsJSON {
		add["stats"] = text()
	}
	if l.StatsStruct {
		add["stats_parsed"] = optGroup(l.statsGroup())
		if g := l.partitionGroup(); len(g) > 0 {
			add["partitionValues_parsed"] = optGroup(g)
		}
	}
	return parquet.Group{
		"add": optGroup(add),
		"remove": optGroup(parquet.Group{
			"path": text(), "deletionTimestamp": optional(parquet.Int64Type), "dataChange": required(parquet.BooleanType),
			"extendedFileMetadata": optional(parquet.BooleanType), "partitionValues": textMap(), "size": optional(parquet.Int64Type),
			"deletionVector": optGroup(dv), "baseRowId": optional(parquet.Int64Type), "defaultRowCommitVersion": optional(parquet.Int64Type),
		}),
	}
}

// statsGroup is "Per-file Statistics" as columns: minValues and maxValues of the columns whose
// types have an order that skipping can use, nullCount of all.
func (l Layout) statsGroup() parquet.Group {
	g := parquet.Group{"numRecords": optional(parquet.Int64Type), "tightBounds": optional(parquet.BooleanType)}
	left := l.IndexedColumns
	if left < 0 {
		left = 1 << 30
	}
	data := &schema.Struct{}
	for _, f := range l.Schema.Fields {
		if !l.isPartition(f.Name) {
			data.Fields = append(data.Fields, f)
		}
	}
	bounds, nulls := l.statsOf(nil, data, &left)
	if len(bounds) > 0 {
		g["minValues"], g["maxValues"] = optGroup(bounds), optGroup(bounds)
	}
	if len(nulls) > 0 {
		g["nullCount"] = optGroup(nulls)
	}
	return g
}

func (l Layout) isPartition(name string) bool {
	for _, p := range l.Partitions {
		if schema.Fold(p) == schema.Fold(name) {
			return true
		}
	}
	return false
}

// statsOf are the columns of bounds and of null counts for the leaves of s, which is at a path; left counts down.
func (l Layout) statsOf(at []string, s *schema.Struct, left *int) (bounds, nulls parquet.Group) {
	bounds, nulls = parquet.Group{}, parquet.Group{}
	for _, f := range s.Fields {
		path := append(at[:len(at):len(at)], f.Name)
		if in, ok := f.Type.(*schema.Struct); ok {
			b, n := l.statsOf(path, in, left)
			if len(b) > 0 {
				bounds[f.Name] = optGroup(b)
			}
			if len(n) > 0 {
				nulls[f.Name] = optGroup(n)
			}
			continue
		}
		*left--
		if *left < 0 && !l.also(path) {
			continue
		}
		nulls[f.Name] = optional(parquet.Int64Type)
		if n := valueNode(f.Type); n != nil && f.Type != schema.Type(schema.Boolean) && f.Type != schema.Type(schema.Binary) {
			bounds[f.Name] = n
		}
	}
	return bounds, nulls
}

func (l Layout) also(path []string) bool {
	return slices.ContainsFunc(l.Also, func(p []string) bool { return slices.Equal(p, path) })
}

// partitionGroup is the partition columns in their own types.
func (l Layout) partitionGroup() parquet.Group {
	g := parquet.Group{}
	for _, p := range l.Partitions {
		if f := l.Schema.Field(p); f != nil {
			if n := valueNode(f.Type); n != nil {
				g[f.Name] = n
			}
		}
	}
	return g
}

// valueNode is the column of a simple type ("Delta Data Type to Parquet Type Mappings"), or nil.
func valueNode(t schema.Type) parquet.Node {
	switch t := t.(type) {
	case schema.Decimal:
		return parquet.Optional(leaf(parquet.Decimal(t.Scale, t.Precision, decimalType(t.Precision))))
	case schema.Primitive:
		switch t {
		case schema.String:
			return text()
		case schema.Binary:
			return optional(parquet.ByteArrayType)
		case schema.Boolean:
			return optional(parquet.BooleanType)
		case schema.Byte:
			return parquet.Optional(leaf(parquet.Int(8)))
		case schema.Short:
			return parquet.Optional(leaf(parquet.Int(16)))
		case schema.Integer:
			return optional(parquet.Int32Type)
		case schema.Long:
			return optional(parquet.Int64Type)
		case schema.Float:
			return optional(parquet.FloatType)
		case schema.Double:
			return optional(parquet.DoubleType)
		case schema.Date:
			return parquet.Optional(leaf(parquet.Date()))
		case schema.Timestamp, schema.TimestampNTZ:
			return parquet.Optional(leaf(parquet.TimestampAdjusted(parquet.Microsecond, t == schema.Timestamp)))
		}
	}
	return nil
}

// decimalType is the physical type that Spark gives a decimal of a precision.
func decimalType(precision int) parquet.Type {
	switch {
	case precision <= 9:
		return parquet.Int32Type
	case precision <= 18:
		return parquet.Int64Type
	}
	return parquet.FixedLenByteArrayType(decimalBytes(precision))
}

// decimalBytes is the least number of bytes that hold all numbers of that many digits, with a sign.
func decimalBytes(precision int) int {
	bits := 1 + (precision*3322+999)/1000 // log2(10) is below 3.322
	return (bits + 7) / 8
}
