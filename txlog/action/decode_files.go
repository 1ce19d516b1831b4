package action

import (
	"strconv"

	"github.com/ingestd/ingestd/txlog/internal/jsonscan"
)

func decodeAdd(s *jsonscan.Scanner, keys interner) (*Add, error) {
	a := &Add{}
	var size, modified, change bool
	err := object(s, &a.Extra, func(key []byte) (bool, error) {
		switch string(key) {
		case "path":
			return readString(s, &a.Path)
		case "partitionValues":
			return readMap(s, keys, &a.PartitionValues)
		case "size":
			return readInt(s, &a.Size, &size)
		case "modificationTime":
			return readInt(s, &a.ModificationTime, &modified)
		case "dataChange":
			return readBool(s, &a.DataChange, &change)
		case "stats":
			return readOptString(s, &a.Stats)
		case "tags":
			return readMap(s, keys, &a.Tags)
		case "deletionVector":
			return readDV(s, keys, &a.DeletionVector)
		case "baseRowId":
			return readOptInt(s, &a.BaseRowID)
		case "defaultRowCommitVersion":
			return readOptInt(s, &a.DefaultRowCommitVersion)
		case "clusteringProvider":
			return readOptString(s, &a.ClusteringProvider)
		}
		return false, nil
	})
	if err == nil {
		err = require("path", a.Path != "", "size", size, "modificationTime", modified, "dataChange", change)
	}
	if a.PartitionValues == nil { // null in logs of some writers
		a.PartitionValues = map[string]*string{}
	}
	return a, err
}

func decodeRemove(s *jsonscan.Scanner, keys interner) (*Remove, error) {
	r := &Remove{DataChange: true} // as Spark takes it where it is absent
	var change bool
	err := object(s, &r.Extra, func(key []byte) (bool, error) {
		switch string(key) {
		case "path":
			return readString(s, &r.Path)
		case "deletionTimestamp":
			return readOptInt(s, &r.DeletionTimestamp)
		case "dataChange":
			return readBool(s, &r.DataChange, &change)
		case "extendedFileMetadata":
			v, err := s.Bool()
			r.ExtendedFileMetadata = &v
			return true, err
		case "partitionValues":
			return readMap(s, keys, &r.PartitionValues)
		case "size":
			return readOptInt(s, &r.Size)
		case "stats":
			return readOptString(s, &r.Stats)
		case "tags":
			return readMap(s, keys, &r.Tags)
		case "deletionVector":
			return readDV(s, keys, &r.DeletionVector)
		case "baseRowId":
			return readOptInt(s, &r.BaseRowID)
		case "defaultRowCommitVersion":
			return readOptInt(s, &r.DefaultRowCommitVersion)
		}
		return false, nil
	})
	if err == nil {
		err = require("path", r.Path != "")
	}
	return r, err
}

func decodeCDC(s *jsonscan.Scanner, keys interner) (*CDC, error) {
	c := &CDC{}
	var size, change bool
	err := object(s, &c.Extra, func(key []byte) (bool, error) {
		switch string(key) {
		case "path":
			return readString(s, &c.Path)
		case "partitionValues":
			return readMap(s, keys, &c.PartitionValues)
		case "size":
			return readInt(s, &c.Size, &size)
		case "dataChange":
			return readBool(s, &c.DataChange, &change)
		case "tags":
			return readMap(s, keys, &c.Tags)
		}
		return false, nil
	})
	if err == nil {
		err = require("path", c.Path != "", "size", size)
	}
	if c.PartitionValues == nil {
		c.PartitionValues = map[string]*string{}
	}
	return c, err
}

func readDV(s *jsonscan.Scanner, keys interner, to **DeletionVector) (bool, error) {
	dv, err := decodeDV(s, keys)
	*to = dv
	return true, err
}

func decodeDV(s *jsonscan.Scanner, _ interner) (*DeletionVector, error) {
	dv := &DeletionVector{}
	var size, cardinality bool
	err := object(s, &dv.Extra, func(key []byte) (bool, error) {
		switch string(key) {
		case "storageType":
			return readString(s, &dv.StorageType)
		case "pathOrInlineDv":
			return readString(s, &dv.PathOrInlineDv)
		case "offset":
			var v int32
			var have bool
			dv.Offset = &v
			return readInt32(s, &v, &have)
		case "sizeInBytes":
			return readInt32(s, &dv.SizeInBytes, &size)
		case "cardinality":
			return readInt(s, &dv.Cardinality, &cardinality)
		}
		return false, nil
	})
	if err == nil {
		err = require("storageType", dv.StorageType != "", "pathOrInlineDv", dv.PathOrInlineDv != "",
			"sizeInBytes", size, "cardinality", cardinality)
	}
	return dv, err
}

// UniqueID is the derived field uniqueId of the protocol, which with the path identifies a logical
// file; empty for none.
func (dv *DeletionVector) UniqueID() string {
	if dv == nil {
		return ""
	}
	id := dv.StorageType + dv.PathOrInlineDv
	if dv.Offset != nil {
		id += "@" + strconv.Itoa(int(*dv.Offset))
	}
	return id
}

// Remove is the action that takes the file out of the table, with all that the log knows of it
// (extendedFileMetadata). at is milliseconds since the epoch. Maps are shared with a.
func (a *Add) Remove(at int64, dataChange bool) *Remove {
	extended, size := true, a.Size
	return &Remove{
		Path: a.Path, DeletionTimestamp: &at, DataChange: dataChange, ExtendedFileMetadata: &extended,
		PartitionValues: a.PartitionValues, Size: &size, Stats: a.Stats, Tags: a.Tags, DeletionVector: a.DeletionVector,
		BaseRowID: a.BaseRowID, DefaultRowCommitVersion: a.DefaultRowCommitVersion,
	}
}
