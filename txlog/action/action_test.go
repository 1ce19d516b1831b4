package action

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func one(t *testing.T, line string) Action {
	t.Helper()
	a, err := Decode([]byte(line))
	if err != nil || len(a) != 1 {
		t.Fatalf("%s: %d actions, %v", line, len(a), err)
	}
	return a[0]
}

// Each line must come back exactly: these are in the order that we write.
func TestActionsSurviveARoundTripByteForByte(t *testing.T) {
	for _, line := range []string{
		`{"add":{"path":"date=2017-12-10/part-000.parquet","partitionValues":{"date":"2017-12-10","n":null},"size":841454,"modificationTime":1512909768000,"dataChange":true,"stats":"{\"numRecords\":1}","tags":{"a":"b","n":null},"deletionVector":{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4,"sizeInBytes":40,"cardinality":6,"maxRowIndex":9},"baseRowId":4071,"defaultRowCommitVersion":41,"clusteringProvider":"liquid","future":{"x":[1,2.50]}}}`,
		`{"add":{"path":"p","partitionValues":{},"size":0,"modificationTime":0,"dataChange":false}}`,
		`{"remove":{"path":"p","deletionTimestamp":1515488792485,"dataChange":true,"extendedFileMetadata":true,"partitionValues":{"a":"b"},"size":3,"stats":"{}","tags":{},"baseRowId":4071,"defaultRowCommitVersion":41,"z":1}}`,
		`{"cdc":{"path":"_change_data/cdc.parquet","partitionValues":{},"size":1213,"dataChange":false,"tags":{"k":"v"},"q":"x"}}`,
		`{"metaData":{"id":"af23","name":"n","description":"d","format":{"provider":"parquet","options":{"o":"1"}},"schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":["b","a"],"configuration":{"delta.appendOnly":"true"},"createdTime":5,"more":null2}}`,
		`{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[],"writerFeatures":["appendOnly","x"]}}`,
		`{"protocol":{"minReaderVersion":1,"minWriterVersion":2,"e":true}}`,
		`{"txn":{"appId":"3ba1","version":-364475,"lastUpdated":7,"e":"ü"}}`,
		`{"txn":{"appId":"","version":9223372036854775807}}`,
		`{"domainMetadata":{"domain":"d","configuration":"{\"a\":1}","removed":false,"e":[]}}`,
		`{"commitInfo":{"inCommitTimestamp":3,"timestamp":2,"operation":"WRITE","operationParameters":{"mode":"Append","n":3,"p":["x"]},"readVersion":1,"isolationLevel":"Serializable","isBlindAppend":true,"operationMetrics":{"numFiles":"1"},"engineInfo":"e","txnId":"t","clusterId":"c"}}`,
		`{"commitInfo":{"isBlindAppend":"odd","operationMetrics":[1],"timestamp":"2020"}}`,
		`{"checkpointMetadata":{"version":364475,"tags":{"a":"1"},"f":1}}`,
		`{"sidecar":{"path":"016.parquet","sizeInBytes":2304522,"modificationTime":1512909768000,"tags":{}}}`,
		`{"fromTheFuture":[{"a":1.50},"x"]}`,
	} {
		line = strings.ReplaceAll(line, "null2", "2")
		if got := string(Append(nil, one(t, line))); got != line {
			t.Errorf("\n got %s\nwant %s", got, line)
		}
	}
}

func TestDecodingTakesWhatOtherWritersWrite(t *testing.T) {
	a := one(t, `{"txn":null,"add":{"path":"a","partitionValues":null,"size":1,"modificationTime":2,"dataChange":true,"stats":null,"deletionVector":null},"remove":null}`).(*Add)
	if a.PartitionValues == nil || a.Stats != nil || a.DeletionVector != nil || a.Extra != nil {
		t.Errorf("nulls: %+v", a)
	}
	m := one(t, `{"metaData":{"id":"x","schemaString":"{}","partitionColumns":[]}}`).(*Metadata)
	if m.Format.Provider != "parquet" || m.Configuration == nil {
		t.Errorf("metaData without configuration: %+v", m)
	}
	r := one(t, `{"remove":{"path":"x"}}`).(*Remove)
	if !r.DataChange {
		t.Error("an absent dataChange of a remove counts as true")
	}
	c := one(t, `{"commitInfo":{"operationMetrics":{"n":12,"s":"x"},"timestamp":5}}`).(*CommitInfo)
	if c.OperationMetrics["n"] != "12" || c.OperationMetrics["s"] != "x" || *c.Timestamp != 5 {
		t.Errorf("commitInfo: %+v", c)
	}
	all, err := Decode([]byte("\n{\n \"txn\": {\n\"appId\": \"a\", \"version\": 1}\n}\n{}\n{\"add\":null}\r\n{\"txn\":{\"appId\":\"b\",\"version\":2}}"))
	if err != nil || len(all) != 2 {
		t.Errorf("spread over lines: %d actions, %v", len(all), err)
	}
	beside, err := Decode([]byte(`{"new":1,"txn":{"appId":"a","version":1},"newer":[]}`))
	if err != nil || len(beside) != 3 || beside[1].Kind() != "txn" || beside[2].Kind() != "newer" {
		t.Errorf("keys beside an action: %v, %v", beside, err)
	}
	if none, err := Decode(nil); err != nil || len(none) != 0 {
		t.Errorf("an empty commit: %v %v", none, err)
	}
}

func TestDecodeErrorsTellLineActionAndField(t *testing.T) {
	for _, c := range []struct {
		text, field, reason string
		line                int
	}{
		{`{"add":{"size":1,"modificationTime":1,"dataChange":true}}`, "path", "missing", 1},
		{"{\"txn\":{\"appId\":\"a\",\"version\":1}}\n\n{\"add\":{\"path\":\"a\",\"size\":\"1\"}}", "size", "expected an integer", 3},
		{`{"add":{"path":"a","size":1,"modificationTime":1}}`, "dataChange", "missing", 1},
		{`{"add":{"path":"a","size":1.5}}`, "size", "64 bits", 1},
		{`{"add":{"path":"a","deletionVector":{"storageType":"u"}}}`, "deletionVector", "pathOrInlineDv", 1},
		{`{"remove":{}}`, "path", "missing", 1},
		{`{"metaData":{"schemaString":"x"}}`, "id", "missing", 1},
		{`{"protocol":{"minReaderVersion":1}}`, "minWriterVersion", "missing", 1},
		{`{"protocol":{"minReaderVersion":99999999999}}`, "minReaderVersion", "32 bits", 1},
		{`{"protocol":{"readerFeatures":"x"}}`, "readerFeatures", "expected an array", 1},
		{`{"txn":{"version":1}}`, "appId", "missing", 1},
		{`{"domainMetadata":{"domain":"x"}}`, "removed", "missing", 1},
		{`{"cdc":{"path":"x"}}`, "size", "missing", 1},
		{`{"sidecar":{"path":"x"}}`, "sizeInBytes", "missing", 1},
		{`{"checkpointMetadata":{}}`, "version", "missing", 1},
		{`{"txn":{"appId":"a","version":1},"add":{}}`, "", "second action", 1},
		{"{\"txn\":{\"appId\":\"a\",\"version\":1}}\n{\"txn\":{\"app", "", "never closed", 2},
		{`[]`, "", "expected an object", 1},
		{`{"new":[1-2]}`, "", "not valid JSON", 1},
	} {
		_, err := Decode([]byte(c.text))
		var e *DecodeError
		if !errors.As(err, &e) || e.Line != c.line || e.Field != c.field || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s:\n got %v, want line %d, field %q, %q", c.text, err, c.line, c.field, c.reason)
		}
	}
}

func genExtra(t *rapid.T) Extra {
	m := rapid.MapOfN(rapid.StringMatching("x[a-zä]{1,4}"), rapid.SampledFrom([]json.RawMessage{[]byte("1.50"), []byte(`"x\u00e4"`), []byte(`{"a":[]}`)}), 0, 2).Draw(t, "extra")
	if len(m) == 0 {
		return nil
	}
	return m
}

func genMap(t *rapid.T, name string) map[string]*string {
	return rapid.MapOfN(rapid.String(), rapid.Ptr(rapid.String(), true), 0, 3).Draw(t, name)
}

func genAction(t *rapid.T) Action {
	text, num := rapid.StringN(1, 20, -1), rapid.Int64()
	optInt, optText := rapid.Ptr(num, true), rapid.Ptr(rapid.String(), true)
	var dv *DeletionVector
	if rapid.Bool().Draw(t, "dv") {
		dv = &DeletionVector{StorageType: "u", PathOrInlineDv: text.Draw(t, "dv path"), Offset: rapid.Ptr(rapid.Int32(), true).Draw(t, "offset"),
			SizeInBytes: rapid.Int32().Draw(t, "size"), Cardinality: num.Draw(t, "cardinality"), Extra: genExtra(t)}
	}
	switch rapid.IntRange(0, 4).Draw(t, "kind") {
	case 0:
		return &Add{Path: text.Draw(t, "path"), PartitionValues: genMap(t, "partition"), Size: num.Draw(t, "size"), ModificationTime: num.Draw(t, "time"),
			DataChange: rapid.Bool().Draw(t, "change"), Stats: optText.Draw(t, "stats"), DeletionVector: dv, BaseRowID: optInt.Draw(t, "base"), Extra: genExtra(t)}
	case 1:
		return &Remove{Path: text.Draw(t, "path"), DeletionTimestamp: optInt.Draw(t, "time"), DataChange: rapid.Bool().Draw(t, "change"),
			PartitionValues: genMap(t, "partition"), Size: optInt.Draw(t, "size"), DeletionVector: dv, Extra: genExtra(t)}
	case 2:
		return &Txn{AppID: rapid.String().Draw(t, "app"), Version: num.Draw(t, "version"), LastUpdated: optInt.Draw(t, "updated"), Extra: genExtra(t)}
	case 3:
		return &Metadata{ID: text.Draw(t, "id"), Name: optText.Draw(t, "name"), Format: Format{Provider: "parquet", Options: map[string]string{"a": "b"}}, SchemaString: text.Draw(t, "schema"),
			PartitionColumns: rapid.SliceOfN(rapid.String(), 0, 3).Draw(t, "columns"), Configuration: rapid.MapOfN(rapid.String(), rapid.String(), 0, 3).Draw(t, "conf"), CreatedTime: optInt.Draw(t, "created")}
	}
	return &DomainMetadata{Domain: text.Draw(t, "domain"), Configuration: rapid.String().Draw(t, "conf"), Removed: rapid.Bool().Draw(t, "removed"), Extra: genExtra(t)}
}

func TestEveryActionSurvivesEncoding(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		actions := rapid.SliceOfN(rapid.Custom(genAction), 0, 5).Draw(t, "actions")
		text := Encode(actions...)
		back, err := Decode(text)
		if err != nil || len(back) != len(actions) {
			t.Fatalf("%d of %d actions, %v\n%s", len(back), len(actions), err, text)
		}
		for i := range actions {
			if !reflect.DeepEqual(actions[i], back[i]) {
				t.Fatalf("\n got %+v\nwant %+v\n%s", back[i], actions[i], text)
			}
		}
	})
}

func TestScanGivesTheSameAsDecode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		actions := rapid.SliceOfN(rapid.Custom(genAction), 0, 6).Draw(t, "actions")
		text := Encode(actions...)
		var got []Action
		var dec FileDecoder
		err := Scan(text, func(ref FileRef) error {
			var a Action
			var err error
			var path, dv string
			if ref.Remove {
				r, e := dec.Remove(ref.Body)
				a, err, path, dv = r, e, r.Path, r.DeletionVector.UniqueID()
			} else {
				r, e := dec.Add(ref.Body)
				a, err, path, dv = r, e, r.Path, r.DeletionVector.UniqueID()
			}
			if path != string(ref.Path) || dv != ref.DV {
				t.Fatalf("the reference says (%s, %s), the action (%s, %s)", ref.Path, ref.DV, path, dv)
			}
			got = append(got, a)
			return err
		}, func(a Action) error { got = append(got, a); return nil })
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != len(actions) || len(got) > 0 && !reflect.DeepEqual(got, actions) {
			t.Fatalf("\n got %v\nwant %v", got, actions)
		}
	})
}

func TestScanStopsAtTheErrorOfTheCaller(t *testing.T) {
	text := Encode(&Add{Path: "a"}, &Txn{AppID: "t"}, &Add{Path: "b"})
	if err := Scan(text, func(FileRef) error { return io.ErrClosedPipe }, nil); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	if err := Scan(text, nil, func(Action) error { return io.ErrClosedPipe }); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	if err := Each(text, func(Action) error { return io.ErrClosedPipe }); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("got %v", err)
	}
	refs := 0
	if err := Scan([]byte(`{"remove":null,"add":{"path":"a","deletionVector":null}}`), func(f FileRef) error { refs++; return nil }, nil); err != nil || refs != 1 {
		t.Errorf("nulls: %d references, %v", refs, err)
	}
	if err := Scan([]byte(`{"add":{"size":1}}`), func(FileRef) error { return nil }, nil); err == nil {
		t.Error("a file action without a path must be refused")
	}
}

func TestUniqueIDIsDerivedAsInTheProtocol(t *testing.T) {
	offset := int32(4)
	dv := &DeletionVector{StorageType: "u", PathOrInlineDv: "ab^-aqEH"}
	if got := dv.UniqueID(); got != "uab^-aqEH" {
		t.Error(got)
	}
	dv.Offset = &offset
	if got := dv.UniqueID(); got != "uab^-aqEH@4" {
		t.Error(got)
	}
	if got := (*DeletionVector)(nil).UniqueID(); got != "" {
		t.Error(got)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"add":{"path":"a","partitionValues":{"x":null},"size":1,"modificationTime":2,"dataChange":true,"stats":"{\"a\":1}","zz":{"a": 1}}}`))
	f.Add([]byte("{\"commitInfo\":{\"timestamp\":1,\"operationMetrics\":{\"a\":1}}}\n{\"protocol\":{\"minReaderVersion\":3,\"minWriterVersion\":7,\"readerFeatures\":[]}}"))
	f.Add([]byte(`{"remove":{"path":"x","deletionVector":{"storageType":"p","pathOrInlineDv":"s3://x","sizeInBytes":1,"cardinality":2}}}{"x":1}`))
	f.Add([]byte(`{"metaData":{"id":"x","schemaString":"{}","configuration":{"a":"b"}}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		actions, err := Decode(text)
		if err != nil {
			return
		}
		once := Encode(actions...)
		again, err := Decode(once)
		if err != nil {
			t.Fatalf("%v\n%s", err, once)
		}
		if twice := Encode(again...); string(once) != string(twice) {
			t.Fatalf("not stable:\n%s\n%s", once, twice)
		}
	})
}

func BenchmarkScan(b *testing.B) {
	text := strings.Repeat(string(Encode(&Add{Path: "part_1/file_123456.parquet", PartitionValues: map[string]*string{"partition_col": new(string)}, Size: 1024, ModificationTime: 1234567890})), 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if err := Scan([]byte(text), func(FileRef) error { return nil }, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	text := strings.Repeat(string(Encode(&Add{Path: "part_1/file_123456.parquet", PartitionValues: map[string]*string{"partition_col": new(string)}, Size: 1024, ModificationTime: 1234567890})), 1000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode([]byte(text)); err != nil {
			b.Fatal(err)
		}
	}
}
