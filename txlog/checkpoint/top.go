package checkpoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/txlog/action"
	"github.com/parquet-go/parquet-go"
)

// readTop reads the top-level actions of one file.
func readTop(ctx context.Context, store objstore.Store, f objstore.Info) ([]action.Action, error) {
	var out []action.Action
	keep := func(a action.Action) error { out = append(out, a); return nil }
	if isJSON(f.Key) {
		text, _, err := objstore.ReadAll(ctx, store, f.Key)
		if err != nil {
			return nil, err
		}
		if err := action.Scan(text, nil, keep); err != nil {
			return nil, &CorruptError{f.Key, err}
		}
		return out, nil
	}
	err := readParquet(ctx, store, f, func(file *parquet.File) error {
		for _, rg := range file.RowGroups() {
			for _, k := range topKinds {
				if err := k.read(ctx, file.Root(), rg, keep); err != nil {
					return fmt.Errorf("%s: %w", k.name, err)
				}
			}
		}
		return nil
	})
	return out, err
}

// topKind reads the rows of one kind of action. key is the column that is not null in them.
type topKind struct {
	name, key string
	reader    func(*group) func() action.Action
}

var topKinds = []topKind{
	{"protocol", "minReaderVersion", protocolReader},
	{"metaData", "id", metadataReader},
	{"txn", "appId", txnReader},
	{"domainMetadata", "domain", domainReader},
	{"checkpointMetadata", "version", checkpointMetadataReader},
	{"sidecar", "path", sidecarReader},
}

// read looks first where the kind has rows at all; among millions of file actions it has few.
func (k topKind) read(ctx context.Context, root *parquet.Column, rg parquet.RowGroup, keep func(action.Action) error) error {
	if find(root, k.name) == nil {
		return nil
	}
	key := find(root, k.name, k.key)
	if key == nil || !key.Leaf() {
		return errors.New("has no column " + k.key)
	}
	first, last, ok, err := nonNull(key, rg)
	if err != nil || !ok {
		return err
	}
	g := &group{root: root, rg: rg}
	defer g.close()
	present := g.open(key)
	row := k.reader(g)
	for _, c := range g.cursors {
		if err := c.seek(first); err != nil {
			return err
		}
	}
	for i := first; i <= last; i++ {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		_, is := g.next(present)
		a := row()
		if g.err != nil {
			return g.err
		}
		if is {
			if err := keep(a); err != nil {
				return err
			}
		}
	}
	return nil
}

func protocolReader(g *group) func() action.Action {
	reader, writer := g.leaf("protocol", "minReaderVersion"), g.leaf("protocol", "minWriterVersion")
	readers, writers := g.stringList("protocol", "readerFeatures"), g.stringList("protocol", "writerFeatures")
	return func() action.Action {
		p := &action.Protocol{ReaderFeatures: g.list(readers), WriterFeatures: g.list(writers)}
		r, _ := g.int(reader)
		w, _ := g.int(writer)
		p.MinReaderVersion, p.MinWriterVersion = int(r), int(w)
		return p
	}
}

func metadataReader(g *group) func() action.Action {
	id, name, description := g.leaf("metaData", "id"), g.leaf("metaData", "name"), g.leaf("metaData", "description")
	provider, options := g.leaf("metaData", "format", "provider"), g.stringMap("metaData", "format", "options")
	schema, columns := g.leaf("metaData", "schemaString"), g.stringList("metaData", "partitionColumns")
	configuration, created := g.stringMap("metaData", "configuration"), g.leaf("metaData", "createdTime")
	return func() action.Action {
		m := &action.Metadata{Name: g.optText(name), Description: g.optText(description), PartitionColumns: g.list(columns),
			Configuration: plain(g.strings(configuration)), CreatedTime: g.optInt(created)}
		m.ID, _ = g.text(id)
		m.SchemaString, _ = g.text(schema)
		m.Format = action.Format{Provider: "parquet", Options: plain(g.strings(options))}
		if p, ok := g.text(provider); ok {
			m.Format.Provider = p
		}
		if m.PartitionColumns == nil {
			m.PartitionColumns = []string{}
		}
		return m
	}
}

// plain is m without null values, and never nil.
func plain(m map[string]*string) map[string]string {
	out := make(map[string]string, len(m))
	for k, v := range m {
		if v != nil {
			out[k] = *v
		}
	}
	return out
}

func txnReader(g *group) func() action.Action {
	app, version, updated := g.leaf("txn", "appId"), g.leaf("txn", "version"), g.leaf("txn", "lastUpdated")
	return func() action.Action {
		t := &action.Txn{LastUpdated: g.optInt(updated)}
		t.AppID, _ = g.text(app)
		t.Version, _ = g.int(version)
		return t
	}
}

func domainReader(g *group) func() action.Action {
	domain, configuration := g.leaf("domainMetadata", "domain"), g.leaf("domainMetadata", "configuration")
	removed := g.leaf("domainMetadata", "removed")
	return func() action.Action {
		d := &action.DomainMetadata{}
		d.Domain, _ = g.text(domain)
		d.Configuration, _ = g.text(configuration)
		d.Removed, _ = g.bool(removed)
		return d
	}
}

func checkpointMetadataReader(g *group) func() action.Action {
	version, tags := g.leaf("checkpointMetadata", "version"), g.stringMap("checkpointMetadata", "tags")
	return func() action.Action {
		m := &action.CheckpointMetadata{Tags: g.strings(tags)}
		m.Version, _ = g.int(version)
		return m
	}
}

func sidecarReader(g *group) func() action.Action {
	path, size := g.leaf("sidecar", "path"), g.leaf("sidecar", "sizeInBytes")
	modified, tags := g.leaf("sidecar", "modificationTime"), g.stringMap("sidecar", "tags")
	return func() action.Action {
		s := &action.Sidecar{Tags: g.strings(tags)}
		s.Path, _ = g.text(path)
		s.SizeInBytes, _ = g.int(size)
		s.ModificationTime, _ = g.int(modified)
		return s
	}
}
