package checkpoint

import (
	"errors"
	"testing"

	"github.com/ingestd/ingestd/objstore"
	"github.com/ingestd/ingestd/objstore/mem"
)

func TestTheChecksumIsThatOfTheProtocol(t *testing.T) {
	const text = `{"k0":"'v 0'", "checksum": "adsaskfljadfkjadfkj", "k1":{"k2": 2, "k3": ["v3", [1, 2], {"k4": "v4", "k5": ["v5", "v6", "v7"]}]}}`
	const canonical = `"k0"="%27v%200%27","k1"+"k2"=2,"k1"+"k3"+0="v3","k1"+"k3"+1+0=1,"k1"+"k3"+1+1=2,"k1"+"k3"+2+"k4"="v4","k1"+"k3"+2+"k5"+0="v5","k1"+"k3"+2+"k5"+1="v6","k1"+"k3"+2+"k5"+2="v7"`
	if got, err := canonicalJSON([]byte(text)); err != nil || got != canonical {
		t.Errorf("%v\n got %s\nwant %s", err, got, canonical)
	}
	if got, err := Checksum([]byte(text)); err != nil || got != "6a92d155a59bf2eecbd4b4ec7fd1f875" {
		t.Errorf("%s, %v", got, err)
	}
	const ten = `"a"+0=0,"a"+10=10,"a"+1=1,"a"+2=2,"a"+3=3,"a"+4=4,"a"+5=5,"a"+6=6,"a"+7=7,"a"+8=8,"a"+9=9` // in Spark's order
	if got, err := canonicalJSON([]byte(`{"a":[0,1,2,3,4,5,6,7,8,9,10]}`)); err != nil || got != ten {
		t.Errorf("%s, %v", got, err)
	}
	for _, bad := range []string{``, `{`, `{"a":1}x`, `{"a":1,"a":2}`, `[1,]`} {
		if sum, err := Checksum([]byte(bad)); err == nil {
			t.Errorf("%s: %s", bad, sum)
		}
	}
}

func TestHintsAreWrittenWithAChecksumAndReadBack(t *testing.T) {
	store := mem.New()
	if _, err := ReadHint(t.Context(), store); !errors.Is(err, ErrNoHint) {
		t.Errorf("no hint: %v", err)
	}
	want := Hint{Version: 7, Size: 12, SizeInBytes: 345, NumOfAddFiles: 10}
	if err := WriteHint(t.Context(), store, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadHint(t.Context(), store)
	if err != nil || got.Checksum == "" {
		t.Fatalf("%+v, %v", got, err)
	}
	got.Checksum = ""
	if got != want {
		t.Errorf("%+v", got)
	}
}

func TestHintsThatCannotBeTrustedAreNoHints(t *testing.T) {
	for _, text := range []string{"", "null x", "{", `{"version":"3"}`, `{"version":-1}`, `{"version":3,"size":1,"checksum":"00000000000000000000000000000000"}`, "\x00\x01"} {
		if h, err := ParseHint([]byte(text)); !errors.Is(err, ErrNoHint) {
			t.Errorf("%q: %+v, %v", text, h, err)
		}
	}
	// As Spark writes it: with a schema, and a checksum over all of that.
	spark := `{"version":4,"size":20,"sizeInBytes":18101,"numOfAddFiles":18,"checkpointSchema":{"type":"struct","fields":[]}}`
	sum, _ := Checksum([]byte(spark))
	if h, err := ParseHint([]byte(spark[:len(spark)-1] + `,"checksum":"` + sum + `"}`)); err != nil || h.Version != 4 || h.NumOfAddFiles != 18 {
		t.Errorf("%+v, %v", h, err)
	}
	store := mem.New()
	if _, err := store.Put(t.Context(), HintKey, objstore.Bytes([]byte("junk")), objstore.Cond{}); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadHint(t.Context(), store); !errors.Is(err, ErrNoHint) {
		t.Errorf("%v", err)
	}
}

func FuzzParseHint(f *testing.F) {
	f.Add([]byte(`{"version":4,"size":20,"parts":2,"checksum":"x"}`))
	f.Add([]byte(`{"version":0,"tags":{"a":[1,{"b":null}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		h, err := ParseHint(text)
		if err == nil && h.Version < 0 || err != nil && !errors.Is(err, ErrNoHint) {
			t.Fatalf("%+v, %v", h, err)
		}
	})
}
