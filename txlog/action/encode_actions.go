package action

import (
	"bytes"
	"encoding/json"

	"github.com/ingestd/ingestd/txlog/internal/jsonenc"
)

func appendAdd(dst []byte, a *Add) []byte {
	o := newObject(dst)
	o.string("path", a.Path)
	o.strings("partitionValues", orEmpty(a.PartitionValues))
	o.int("size", a.Size)
	o.int("modificationTime", a.ModificationTime)
	o.bool("dataChange", a.DataChange)
	o.optString("stats", a.Stats)
	o.strings("tags", a.Tags)
	o.dv(a.DeletionVector)
	o.optInt("baseRowId", a.BaseRowID)
	o.optInt("defaultRowCommitVersion", a.DefaultRowCommitVersion)
	o.optString("clusteringProvider", a.ClusteringProvider)
	return o.end(a.Extra)
}

func appendRemove(dst []byte, r *Remove) []byte {
	o := newObject(dst)
	o.string("path", r.Path)
	o.optInt("deletionTimestamp", r.DeletionTimestamp)
	o.bool("dataChange", r.DataChange)
	o.optBool("extendedFileMetadata", r.ExtendedFileMetadata)
	o.strings("partitionValues", r.PartitionValues)
	o.optInt("size", r.Size)
	o.optString("stats", r.Stats)
	o.strings("tags", r.Tags)
	o.dv(r.DeletionVector)
	o.optInt("baseRowId", r.BaseRowID)
	o.optInt("defaultRowCommitVersion", r.DefaultRowCommitVersion)
	return o.end(r.Extra)
}

func (o *objectWriter) dv(dv *DeletionVector) {
	if dv == nil {
		return
	}
	o.key("deletionVector")
	in := newObject(o.dst)
	in.string("storageType", dv.StorageType)
	in.string("pathOrInlineDv", dv.PathOrInlineDv)
	if dv.Offset != nil {
		in.int("offset", int64(*dv.Offset))
	}
	in.int("sizeInBytes", int64(dv.SizeInBytes))
	in.int("cardinality", dv.Cardinality)
	o.dst = in.end(dv.Extra)
}

func appendCDC(dst []byte, c *CDC) []byte {
	o := newObject(dst)
	o.string("path", c.Path)
	o.strings("partitionValues", orEmpty(c.PartitionValues))
	o.int("size", c.Size)
	o.bool("dataChange", c.DataChange)
	o.strings("tags", c.Tags)
	return o.end(c.Extra)
}

func appendMetadata(dst []byte, m *Metadata) []byte {
	o := newObject(dst)
	o.string("id", m.ID)
	o.optString("name", m.Name)
	o.optString("description", m.Description)
	o.key("format")
	f := newObject(o.dst)
	f.string("provider", m.Format.Provider)
	f.key("options")
	f.dst = jsonenc.AppendMap(f.dst, m.Format.Options, jsonenc.AppendString)
	o.dst = f.end(nil)
	if m.SchemaString != "" {
		o.string("schemaString", m.SchemaString)
	}
	o.key("partitionColumns")
	o.dst = jsonenc.AppendStrings(o.dst, m.PartitionColumns)
	o.key("configuration")
	o.dst = jsonenc.AppendMap(o.dst, m.Configuration, jsonenc.AppendString)
	o.optInt("createdTime", m.CreatedTime)
	return o.end(m.Extra)
}

func appendProtocol(dst []byte, p *Protocol) []byte {
	o := newObject(dst)
	o.int("minReaderVersion", int64(p.MinReaderVersion))
	o.int("minWriterVersion", int64(p.MinWriterVersion))
	o.list("readerFeatures", p.ReaderFeatures)
	o.list("writerFeatures", p.WriterFeatures)
	return o.end(p.Extra)
}

func appendTxn(dst []byte, t *Txn) []byte {
	o := newObject(dst)
	o.string("appId", t.AppID)
	o.int("version", t.Version)
	o.optInt("lastUpdated", t.LastUpdated)
	return o.end(t.Extra)
}

func appendDomainMetadata(dst []byte, m *DomainMetadata) []byte {
	o := newObject(dst)
	o.string("domain", m.Domain)
	o.string("configuration", m.Configuration)
	o.bool("removed", m.Removed)
	return o.end(m.Extra)
}

func appendCommitInfo(dst []byte, c *CommitInfo) []byte {
	o := newObject(dst)
	o.optInt("inCommitTimestamp", c.InCommitTimestamp)
	o.optInt("timestamp", c.Timestamp)
	if c.Operation != "" {
		o.string("operation", c.Operation)
	}
	if c.OperationParameters != nil {
		o.key("operationParameters")
		o.dst = jsonenc.AppendMap(o.dst, c.OperationParameters,
			func(dst []byte, v json.RawMessage) []byte { return append(dst, compact(v)...) })
	}
	o.optInt("readVersion", c.ReadVersion)
	if c.IsolationLevel != "" {
		o.string("isolationLevel", c.IsolationLevel)
	}
	o.optBool("isBlindAppend", c.IsBlindAppend)
	if c.OperationMetrics != nil {
		o.key("operationMetrics")
		o.dst = jsonenc.AppendMap(o.dst, c.OperationMetrics, jsonenc.AppendString)
	}
	if c.EngineInfo != "" {
		o.string("engineInfo", c.EngineInfo)
	}
	if c.TxnID != "" {
		o.string("txnId", c.TxnID)
	}
	return o.end(c.Extra)
}

func orEmpty(m map[string]*string) map[string]*string {
	if m == nil {
		return map[string]*string{}
	}
	return m
}

// compact is raw without white space, so that it fits on one line; text that is not JSON becomes null.
func compact(raw json.RawMessage) []byte {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil || b.Len() == 0 {
		return []byte("null")
	}
	return b.Bytes()
}
