package checkpoint

import (
	"github.com/ingestd/ingestd/txlog/action"
)

// actionShredder sets the columns of actions.
type actionShredder struct {
	*shredder
	add    addColumns
	remove fileColumns
}

// fileColumns are those that add and remove have in common.
type fileColumns struct {
	group                            *shredGroup
	path, size, change, base, commit int
	values                           shredMap
	dv                               dvColumns
	deleted, extended                int // of remove
}

type addColumns struct {
	fileColumns
	modified, stats, clustering int
	tags                        shredMap
	parsed                      *statsShredder
}

type dvColumns struct {
	group                                    *shredGroup
	storage, path, offset, size, cardinality int
}

func newActionShredder(l Layout, of contents) *actionShredder {
	if of == topFile {
		l.StatsJSON, l.StatsStruct = false, false // it has no files
	}
	sh := &actionShredder{shredder: newShredder(l.parquetSchema(of))}
	sh.remove = sh.fileColumns("remove")
	sh.add = addColumns{
		fileColumns: sh.fileColumns("add"), modified: sh.column("add", "modificationTime"), stats: sh.column("add", "stats"),
		clustering: sh.column("add", "clusteringProvider"), tags: sh.textMap("add", "tags"), parsed: newStatsShredder(sh.shredder, l),
	}
	return sh
}

func (sh *actionShredder) fileColumns(kind string) fileColumns {
	dv := func(name string) int { return sh.column(kind, "deletionVector", name) }
	return fileColumns{
		group: sh.group(kind), path: sh.column(kind, "path"), size: sh.column(kind, "size"), change: sh.column(kind, "dataChange"),
		base: sh.column(kind, "baseRowId"), commit: sh.column(kind, "defaultRowCommitVersion"), values: sh.textMap(kind, "partitionValues"),
		dv:      dvColumns{sh.group(kind, "deletionVector"), dv("storageType"), dv("pathOrInlineDv"), dv("offset"), dv("sizeInBytes"), dv("cardinality")},
		deleted: sh.column(kind, "deletionTimestamp"), extended: sh.column(kind, "extendedFileMetadata"),
	}
}

func (sh *actionShredder) setAdd(a *action.Add) {
	c := sh.add
	sh.present(c.group)
	sh.text(c.path, a.Path)
	values := a.PartitionValues
	if values == nil {
		values = map[string]*string{}
	}
	sh.strings(c.values, values)
	sh.int(c.size, a.Size)
	sh.int(c.modified, a.ModificationTime)
	sh.bool(c.change, false) // nothing in a checkpoint is a change
	sh.optText(c.stats, a.Stats)
	sh.strings(c.tags, a.Tags)
	sh.setDV(c.dv, a.DeletionVector)
	sh.optInt(c.base, a.BaseRowID)
	sh.optInt(c.commit, a.DefaultRowCommitVersion)
	sh.optText(c.clustering, a.ClusteringProvider)
	c.parsed.set(a)
}

// setRemove leaves out stats and tags, as the protocol has it for tombstones.
func (sh *actionShredder) setRemove(r *action.Remove) {
	c := sh.remove
	sh.present(c.group)
	sh.text(c.path, r.Path)
	sh.optInt(c.deleted, r.DeletionTimestamp)
	sh.bool(c.change, false)
	if r.ExtendedFileMetadata != nil {
		sh.bool(c.extended, *r.ExtendedFileMetadata)
	}
	sh.strings(c.values, r.PartitionValues)
	sh.optInt(c.size, r.Size)
	sh.setDV(c.dv, r.DeletionVector)
	sh.optInt(c.base, r.BaseRowID)
	sh.optInt(c.commit, r.DefaultRowCommitVersion)
}

func (sh *actionShredder) setDV(c dvColumns, dv *action.DeletionVector) {
	if dv == nil {
		return
	}
	sh.present(c.group)
	sh.text(c.storage, dv.StorageType)
	sh.text(c.path, dv.PathOrInlineDv)
	if dv.Offset != nil {
		sh.int32(c.offset, *dv.Offset)
	}
	sh.int32(c.size, dv.SizeInBytes)
	sh.int(c.cardinality, dv.Cardinality)
}

// setTop sets one of the few actions that are not of files.
func (sh *actionShredder) setTop(a action.Action) {
	kind := a.Kind()
	sh.present(sh.group(kind))
	switch a := a.(type) {
	case *action.Protocol:
		sh.int32(sh.column(kind, "minReaderVersion"), int32(a.MinReaderVersion))
		sh.int32(sh.column(kind, "minWriterVersion"), int32(a.MinWriterVersion))
		sh.list([]string{kind, "readerFeatures"}, a.ReaderFeatures)
		sh.list([]string{kind, "writerFeatures"}, a.WriterFeatures)
	case *action.Metadata:
		sh.setMetadata(a)
	case *action.Txn:
		sh.text(sh.column(kind, "appId"), a.AppID)
		sh.int(sh.column(kind, "version"), a.Version)
		sh.optInt(sh.column(kind, "lastUpdated"), a.LastUpdated)
	case *action.DomainMetadata:
		sh.text(sh.column(kind, "domain"), a.Domain)
		sh.text(sh.column(kind, "configuration"), a.Configuration)
		sh.bool(sh.column(kind, "removed"), a.Removed)
	case *action.CheckpointMetadata:
		sh.int(sh.column(kind, "version"), a.Version)
		sh.strings(sh.textMap(kind, "tags"), a.Tags)
	case *action.Sidecar:
		sh.text(sh.column(kind, "path"), a.Path)
		sh.int(sh.column(kind, "sizeInBytes"), a.SizeInBytes)
		sh.int(sh.column(kind, "modificationTime"), a.ModificationTime)
		sh.strings(sh.textMap(kind, "tags"), a.Tags)
	}
}

func (sh *actionShredder) setMetadata(m *action.Metadata) {
	sh.text(sh.column("metaData", "id"), m.ID)
	sh.optText(sh.column("metaData", "name"), m.Name)
	sh.optText(sh.column("metaData", "description"), m.Description)
	sh.text(sh.column("metaData", "schemaString"), m.SchemaString)
	columns := m.PartitionColumns
	if columns == nil {
		columns = []string{}
	}
	sh.list([]string{"metaData", "partitionColumns"}, columns)
	sh.strings(sh.textMap("metaData", "configuration"), nullable(m.Configuration))
	sh.optInt(sh.column("metaData", "createdTime"), m.CreatedTime)
	sh.present(sh.group("metaData", "format"))
	sh.text(sh.column("metaData", "format", "provider"), m.Format.Provider)
	sh.strings(sh.textMap("metaData", "format", "options"), nullable(m.Format.Options))
}

// nullable is m with values that could be null, and never nil.
func nullable(m map[string]string) map[string]*string {
	out := make(map[string]*string, len(m))
	for k, v := range m {
		out[k] = &v
	}
	return out
}
