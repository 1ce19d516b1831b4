package checksum

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ingestd/ingestd/txlog/action"
)

func sample() *Checksum {
	t := Empty()
	t.Add(10, nil)
	t.Add(5<<30, &action.DeletionVector{StorageType: "u", PathOrInlineDv: "x", Cardinality: 12})
	return &Checksum{
		TxnID: "id", Totals: t, NumMetadata: 1, NumProtocol: 1, InCommitTimestamp: new(int64(7)),
		Txns: []*action.Txn{{AppID: "app", Version: 3}}, Domains: []*action.DomainMetadata{{Domain: "d", Configuration: "<&>"}},
		Metadata: &action.Metadata{ID: "m", Format: action.Format{Provider: "parquet", Options: map[string]string{}}, SchemaString: "{}", PartitionColumns: []string{}, Configuration: map[string]string{"a": "b"}},
		Protocol: &action.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"a", "b"}, WriterFeatures: []string{"b"}},
		AllFiles: []*action.Add{{Path: "p", PartitionValues: map[string]*string{}, Size: 3}},
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	for _, c := range []*Checksum{sample(), {Totals: Empty(), NumMetadata: 1, NumProtocol: 1}} {
		text, err := c.Encode()
		if err != nil || strings.Count(string(text), "\n") != 1 {
			t.Fatalf("%s %v", text, err)
		}
		back, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := back.Encode()
		if err != nil || string(again) != string(text) {
			t.Errorf("%s\n%s\n%v", text, again, err)
		}
		if diff := append(c.CompareState(back), c.CompareTotals(back.Totals)...); len(diff) > 0 {
			t.Error(diff)
		}
	}
}

func TestTheOldNameOfTheHistogramIsReadToo(t *testing.T) {
	text, _ := sample().Encode()
	c, err := Parse([]byte(strings.Replace(string(text), "fileSizeHistogram", "histogramOpt", 1)))
	if err != nil || c.Sizes == nil || !c.Sound() {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestTheBinsAreSparks(t *testing.T) {
	h := NewHistogram()
	if len(h.Bounds) != 95 || h.Bounds[1] != 8<<10 || h.Bounds[94] != 256<<30 || !h.valid() {
		t.Errorf("%d bins: %v", len(h.Bounds), h.Bounds)
	}
}

func TestAddingAndRemovingGivesWhatIsLeft(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all, left := Empty(), Empty()
		for range rapid.IntRange(0, 30).Draw(t, "files") {
			size := rapid.Int64Range(0, 1<<39).Draw(t, "size")
			var dv *action.DeletionVector
			if rapid.Bool().Draw(t, "dv") {
				dv = &action.DeletionVector{Cardinality: rapid.Int64Range(0, 1<<33).Draw(t, "deleted")}
			}
			before := all.Clone()
			all.Add(size, dv)
			if reflect.DeepEqual(before, all) {
				t.Fatal("a clone shares something")
			}
			if rapid.Bool().Draw(t, "remove") {
				all.Remove(size, dv)
			} else {
				left.Add(size, dv)
			}
		}
		if !reflect.DeepEqual(all, left) || !all.Sound() {
			t.Fatalf("%+v, want %+v", all, left)
		}
	})
}

func TestTotalsThatCannotBeAreNotSound(t *testing.T) {
	for name, spoil := range map[string]func(*Totals){
		"files": func(t *Totals) { t.Files++ }, "bytes": func(t *Totals) { t.Bytes-- }, "negative": func(t *Totals) { t.Remove(10, nil); t.Remove(10, nil) },
		"vectors": func(t *Totals) { t.Vectors.Files = 9 }, "counts": func(t *Totals) { t.Vectors.Counts[3]++ },
	} {
		c := sample().Totals
		if spoil(&c); c.Sound() {
			t.Error(name)
		}
	}
}

func TestEveryMismatchIsNamed(t *testing.T) {
	for field, spoil := range map[string]func(*Checksum){
		"txnId": func(c *Checksum) { c.TxnID = "x" }, "numFiles": func(c *Checksum) { c.Files = 9 }, "tableSizeBytes": func(c *Checksum) { c.Bytes = 9 },
		"metadata": func(c *Checksum) { c.Metadata.ID = "x" }, "protocol": func(c *Checksum) { c.Protocol.MinReaderVersion = 1 },
		"setTransactions": func(c *Checksum) { c.Txns[0].Version++ }, "domainMetadata": func(c *Checksum) { c.Domains = c.Domains[:0] },
		"fileSizeHistogram": func(c *Checksum) { c.Sizes.Files[0]++ }, "numDeletedRecordsOpt": func(c *Checksum) { c.Vectors.Records++ },
		"inCommitTimestampOpt": func(c *Checksum) { c.InCommitTimestamp = new(int64(8)) }, "deletedRecordCountsHistogramOpt": func(c *Checksum) { c.Vectors.Counts[0]++ },
	} {
		c := sample()
		spoil(c)
		diff := append(c.CompareState(sample()), c.CompareTotals(sample().Totals)...)
		if len(diff) != 1 || diff[0].Field != field || !strings.Contains(diff[0].String(), field) {
			t.Errorf("%s: %v", field, diff)
		}
	}
	same := sample()
	same.Protocol.ReaderFeatures = []string{"b", "a"} // a set
	if diff := same.CompareState(sample()); len(diff) > 0 {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	text, _ := sample().Encode()
	f.Add(text)
	f.Add([]byte(`{"tableSizeBytes":1,"numFiles":1,"numMetadata":1,"numProtocol":1,"setTransactions":[null],"fileSizeHistogram":{"sortedBinBoundaries":[0],"fileCounts":[]}}`))
	f.Add([]byte(`{"metadata":{},"allFiles":[{}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		clone := c.Clone() // whatever was read can be used
		clone.Add(-1, nil)
		clone.Remove(1<<62, &action.DeletionVector{Cardinality: -5})
		clone.Sound()
		c.CompareTotals(clone)
		if _, err := c.Encode(); err != nil {
			t.Error(err)
		}
	})
}
