package txlog

import (
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
	"github.com/ingestd/ingestd/txlog/action"
)

// A name either means something and is that file's name, or is no file of the log.
func FuzzNames(f *testing.F) {
	for _, key := range []string{commitKey(0), checksumKey(7), checkpointKey(1 << 40), compactedKey(span{3, 9}), logDir + "00000000000000000010.checkpoint.0000000001.0000000003.parquet",
		logDir + "00000000000000000010.checkpoint.u-u.json", logDir + "99999999999999999999.json", "", logDir} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		n := parseName(key)
		var back string
		switch n.kind {
		case commitFile:
			back = commitKey(n.version)
		case checksumFile:
			back = checksumKey(n.version)
		case classicCheckpoint:
			back = checkpointKey(n.version)
		case compactedFile:
			back = compactedKey(span{n.version, n.end})
		default:
			return
		}
		if back != key {
			t.Errorf("%q was read as %q", key, back)
		}
	})
}

// FuzzAuxiliaryFiles puts bytes in the place of each file that only makes reading faster: the table reads as it did.
func FuzzAuxiliaryFiles(f *testing.F) {
	f.Add([]byte(""))
	f.Add([]byte(`{"add":{"path":`))
	f.Add([]byte(`{"version":1,"size":2}`))
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := action.Decode(text); err == nil { // what is a log compaction file by its form is believed
			return
		}
		for _, key := range []string{compactedKey(span{0, 1}), checksumKey(1), logDir + "_last_checkpoint", checkpointKey(1),
			logDir + "00000000000000000001.checkpoint.0000000001.0000000001.parquet", logDir + "00000000000000000001.checkpoint.u.json"} {
			store := mem.New()
			put(t, store, commitKey(0), string(action.Encode(&action.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, metadata("a INT", nil))))
			put(t, store, commitKey(1), string(action.Encode(add("f"))))
			if _, err := store.Put(t.Context(), key, objstore.Bytes(text), objstore.Cond{}); err != nil {
				t.Fatal(err)
			}
			s, err := New(store, testOptions(newClock())).Snapshot(t.Context())
			if err != nil {
				t.Fatalf("%s: %v", key, err)
			}
			expectFiles(t, s, "f")
			s.NumFiles(t.Context())
		}
	})
}
