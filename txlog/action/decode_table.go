package action

import (
	"encoding/json"

	"github.com/ingestd/ingestd/txlog/internal/jsonscan"
)

func decodeMetadata(s *jsonscan.Scanner, keys interner) (*Metadata, error) {
	m := &Metadata{Format: Format{Provider: "parquet"}}
	err := object(s, &m.Extra, func(key []byte) (bool, error) {
		switch string(key) {
		case "id":
			return readString(s, &m.ID)
		case "name":
			return readOptString(s, &m.Name)
		case "description":
			return readOptString(s, &m.Description)
		case "format":
			return true, decodeFormat(s, keys, &m.Format)
		case "schemaString":
			return readString(s, &m.SchemaString)
		case "partitionColumns":
			return readStrings(s, &m.PartitionColumns)
		case "configuration":
			return readStringMap(s, keys, &m.Configuration)
		case "createdTime":
			return readOptInt(s, &m.CreatedTime)
		}
		return false, nil
	})
	if err == nil {
		err = require("id", m.ID != "")
	}
	if m.Configuration == nil { // absent in logs of some writers
		m.Configuration = map[string]string{}
	}
	if m.PartitionColumns == nil {
		m.PartitionColumns = []string{}
	}
	return m, err
}

func decodeFormat(s *jsonscan.Scanner, keys interner, f *Format) error {
	return s.Object(func(key []byte) error {
		if s.Null() {
			return nil
		}
		var err error
		switch string(key) {
		case "provider":
			_, err = readString(s, &f.Provider)
		case "options":
			_, err = readStringMap(s, keys, &f.Options)
		default:
			err = s.Skip()
		}
		return err
	})
}

func decodeProtocol(s *jsonscan.Scanner, _ interner) (*Protocol, error) {
	p := &Protocol{}
	var reader, writer int32
	var haveReader, haveWriter bool
	err := object(s, &p.Extra, func(key []byte) (bool, error) {
		switch string(key) {
		case "minReaderVersion":
			return readInt32(s, &reader, &haveReader)
		case "minWriterVersion":
			return readInt32(s, &writer, &haveWriter)
		case "readerFeatures":
			return readStrings(s, &p.ReaderFeatures)
		case "writerFeatures":
			return readStrings(s, &p.WriterFeatures)
		}
		return false, nil
	})
	if err == nil {
		err = require("minReaderVersion", haveReader, "minWriterVersion", haveWriter)
	}
	p.MinReaderVersion, p.MinWriterVersion = int(reader), int(writer)
	return p, err
}

func decodeTxn(s *jsonscan.Scanner, _ interner) (*Txn, error) {
	t := &Txn{}
	var id, version bool
	err := object(s, &t.Extra, func(key []byte) (bool, error) {
		switch string(key) {
		case "appId":
			id = true
			return readString(s, &t.AppID)
		case "version":
			return readInt(s, &t.Version, &version)
		case "lastUpdated":
			return readOptInt(s, &t.LastUpdated)
		}
		return false, nil
	})
	if err == nil {
		err = require("appId", id, "version", version)
	}
	return t, err
}

func decodeDomainMetadata(s *jsonscan.Scanner, _ interner) (*DomainMetadata, error) {
	m := &DomainMetadata{}
	var removed bool
	err := object(s, &m.Extra, func(key []byte) (bool, error) {
		switch string(key) {
		case "domain":
			return readString(s, &m.Domain)
		case "configuration":
			return readString(s, &m.Configuration)
		case "removed":
			return readBool(s, &m.Removed, &removed)
		}
		return false, nil
	})
	if err == nil {
		err = require("domain", m.Domain != "", "removed", removed)
	}
	return m, err
}

func decodeCheckpointMetadata(s *jsonscan.Scanner, keys interner) (*CheckpointMetadata, error) {
	m := &CheckpointMetadata{}
	var version bool
	err := object(s, &m.Extra, func(key []byte) (bool, error) {
		switch string(key) {
		case "version":
			return readInt(s, &m.Version, &version)
		case "tags":
			return readMap(s, keys, &m.Tags)
		}
		return false, nil
	})
	if err == nil {
		err = require("version", version)
	}
	return m, err
}

func decodeSidecar(s *jsonscan.Scanner, keys interner) (*Sidecar, error) {
	c := &Sidecar{}
	var size, modified bool
	err := object(s, &c.Extra, func(key []byte) (bool, error) {
		switch string(key) {
		case "path":
			return readString(s, &c.Path)
		case "sizeInBytes":
			return readInt(s, &c.SizeInBytes, &size)
		case "modificationTime":
			return readInt(s, &c.ModificationTime, &modified)
		case "tags":
			return readMap(s, keys, &c.Tags)
		}
		return false, nil
	})
	if err == nil {
		err = require("path", c.Path != "", "sizeInBytes", size)
	}
	return c, err
}

// decodeCommitInfo never refuses a field: provenance is free-form, and what has another form than
// the named fields stays in Extra as it stood.
func decodeCommitInfo(s *jsonscan.Scanner, _ interner) (*CommitInfo, error) {
	c := &CommitInfo{}
	err := object(s, &c.Extra, func([]byte) (bool, error) { return false, nil })
	if err != nil {
		return c, err
	}
	take(c.Extra, "timestamp", &c.Timestamp)
	take(c.Extra, "inCommitTimestamp", &c.InCommitTimestamp)
	take(c.Extra, "operation", &c.Operation)
	take(c.Extra, "operationParameters", &c.OperationParameters)
	take(c.Extra, "readVersion", &c.ReadVersion)
	take(c.Extra, "isolationLevel", &c.IsolationLevel)
	take(c.Extra, "isBlindAppend", &c.IsBlindAppend)
	take(c.Extra, "engineInfo", &c.EngineInfo)
	take(c.Extra, "txnId", &c.TxnID)
	if raw, ok := c.Extra["operationMetrics"]; ok {
		if m, ok := looseStrings(raw); ok {
			c.OperationMetrics = m
			delete(c.Extra, "operationMetrics")
		}
	}
	if len(c.Extra) == 0 {
		c.Extra = nil
	}
	return c, nil
}

// take moves a field out of extra, if it has the form of T.
func take[T any](extra Extra, key string, to *T) {
	var v T
	if raw, ok := extra[key]; ok && json.Unmarshal(raw, &v) == nil {
		*to = v
		delete(extra, key)
	}
}
