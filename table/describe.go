package table

import (
	"context"
	"iter"
	"maps"
	"time"

	"github.com/ingestd/ingestd/table/partition"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/ingestd/ingestd/txlog/feature"
)

// Detail describes a table, with the columns of Spark's DESCRIBE DETAIL.
type Detail struct {
	Format           string     `json:"format"` // "delta"
	ID               string     `json:"id"`
	Name             *string    `json:"name"`
	Description      *string    `json:"description"`
	Location         string     `json:"location"`
	CreatedAt        *time.Time `json:"createdAt"`
	LastModified     time.Time  `json:"lastModified"` // when the version was committed
	PartitionColumns []string   `json:"partitionColumns"`
	// ClusteringColumns are those of CLUSTER BY: columns, or fields by dots.
	ClusteringColumns []string          `json:"clusteringColumns"`
	NumFiles          int64             `json:"numFiles"`
	SizeInBytes       int64             `json:"sizeInBytes"`
	Properties        map[string]string `json:"properties"`
	MinReaderVersion  int               `json:"minReaderVersion"`
	MinWriterVersion  int               `json:"minWriterVersion"`
	TableFeatures     []string          `json:"tableFeatures"` // listed or implied, sorted
	// These are ours: the version, and the rows of live files that deletion vectors have taken out.
	Version            int64 `json:"version"`
	NumDeletionVectors int64 `json:"numDeletionVectors"`
	NumDeletedRows     int64 `json:"numDeletedRows"`
}

// Describe gives the details of the version that t stands at. Where the version has no
// version checksum file it reads the list of live files to count them.
func (t *Table) Describe(ctx context.Context) (Detail, error) {
	s := t.Snapshot()
	m, p := s.Metadata(), s.Protocol()
	d := Detail{
		Format: "delta", ID: m.ID, Name: m.Name, Description: m.Description, Location: t.Location(),
		LastModified: s.Timestamp().UTC(), PartitionColumns: append([]string{}, m.PartitionColumns...),
		Properties: maps.Clone(m.Configuration), MinReaderVersion: p.MinReaderVersion, MinWriterVersion: p.MinWriterVersion,
		TableFeatures: feature.Names(p), Version: s.Version(), ClusteringColumns: clusteringNames(s),
	}
	if d.Properties == nil {
		d.Properties = map[string]string{}
	}
	if m.CreatedTime != nil {
		d.CreatedAt = new(time.UnixMilli(*m.CreatedTime).UTC())
	}
	files, known := s.NumFiles(ctx)
	size, sized := s.SizeInBytes(ctx)
	vectors, rows, counted := s.NumDeletionVectors(ctx)
	if known && sized && counted {
		d.NumFiles, d.SizeInBytes, d.NumDeletionVectors, d.NumDeletedRows = files, size, vectors, rows
		return d, nil
	}
	for add, err := range s.Files(ctx) {
		if err != nil {
			return Detail{}, err
		}
		d.NumFiles++
		d.SizeInBytes += add.Size
		if v := add.DeletionVector; v != nil {
			d.NumDeletionVectors++
			d.NumDeletedRows += v.Cardinality
		}
	}
	return d, nil
}

// File is a live data file.
type File struct {
	Path             string             `json:"path"` // decoded: relative to the table, or absolute
	PartitionValues  map[string]*string `json:"partitionValues"`
	Size             int64              `json:"size"` // bytes
	ModificationTime time.Time          `json:"modificationTime"`
	// DeletionVector says which rows are deleted; nil without.
	DeletionVector *action.DeletionVector `json:"deletionVector"`
	Stats          *string                `json:"stats"` // JSON
}

// Files yields the live files of the version that t stands at, in no order. The first error ends the sequence.
func (t *Table) Files(ctx context.Context) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		for add, err := range t.Snapshot().Files(ctx) {
			if err != nil {
				yield(File{}, err)
				return
			}
			path, _, err := partition.DecodePath(add.Path)
			if err != nil {
				yield(File{}, err)
				return
			}
			f := File{Path: path, PartitionValues: add.PartitionValues, Size: add.Size,
				ModificationTime: time.UnixMilli(add.ModificationTime).UTC(), Stats: add.Stats, DeletionVector: add.DeletionVector}
			if !yield(f, nil) {
				return
			}
		}
	}
}
