package debezium

import (
	"slices"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/merge/changes"
)

// step is a change of one row: its op and its source block.
type step struct {
	op     changes.Op
	source string
}

// The changes of one row, in the order in which the database made them visible.
var histories = map[string][]step{
	"postgresql: a snapshot, then transactions in the order of their commits": {
		{'r', `"connector":"postgresql","name":"a","lsn":1000,"sequence":"[null,\"1000\"]"`},
		{'u', `"connector":"postgresql","name":"a","lsn":900,"sequence":"[null,\"900\"]"`}, // began before the snapshot, committed after it
		{'u', `"connector":"postgresql","name":"a","lsn":950,"sequence":"[\"1010\",\"950\"]"`},
		{'u', `"connector":"postgresql","name":"a","lsn":1100,"sequence":"[\"1050\",\"1100\"]"`},
		{'u', `"connector":"postgresql","name":"a","lsn":1101,"sequence":"[\"1050\",\"1101\"]"`},
		{'d', `"connector":"postgresql","name":"a","lsn":1300,"sequence":"[\"1200\",\"1300\"]"`},
		{'c', `"connector":"postgresql","name":"a","lsn":1250,"sequence":"[\"1310\",\"1250\"]"`},
	},
	"postgresql: an incremental snapshot between two transactions": {
		{'u', `"connector":"postgresql","name":"b","lsn":100,"sequence":"[\"90\",\"100\"]"`},
		{'r', `"connector":"postgresql","name":"b","lsn":180,"snapshot":"incremental","sequence":"[\"170\",\"180\"]"`},
		{'u', `"connector":"postgresql","name":"b","lsn":110,"sequence":"[\"181\",\"110\"]"`}, // wrote before the snapshot, committed after it
	},
	"postgresql: a new slot and snapshot after changes of an old one": {
		{'u', `"connector":"postgresql","name":"c","lsn":1101,"sequence":"[\"1050\",\"1101\"]"`},
		{'r', `"connector":"postgresql","name":"c","lsn":5000,"sequence":"[null,\"5000\"]"`},
	},
	"postgresql without sequence": {
		{'r', `"connector":"postgresql","lsn":10`}, {'u', `"connector":"postgresql","lsn":11`},
	},
	"mysql": {
		{'r', `"connector":"mysql","file":"mysql-bin.999999","pos":154,"row":0`},
		{'u', `"connector":"mysql","file":"mysql-bin.999999","pos":400,"row":0`},
		{'u', `"connector":"mysql","file":"mysql-bin.999999","pos":400,"row":1`},
		{'u', `"connector":"mysql","file":"mysql-bin.1000000","pos":4,"row":0`},
	},
	"mariadb": {
		{'u', `"connector":"mariadb","file":"m.000009","pos":400,"row":0`}, {'u', `"connector":"mariadb","file":"m.000010","pos":4,"row":0`},
	},
	"sqlserver": {
		{'r', `"connector":"sqlserver","change_lsn":null,"commit_lsn":"00000027:00000758:0003","event_serial_no":null`},
		{'u', `"connector":"sqlserver","change_lsn":"00000027:00000758:0002","commit_lsn":"00000027:00000758:0005","event_serial_no":1`},
		{'u', `"connector":"sqlserver","change_lsn":"00000027:00000758:0004","commit_lsn":"00000027:00000758:0005","event_serial_no":1`},
		{'u', `"connector":"sqlserver","change_lsn":"00000027:00000758:0004","commit_lsn":"00000027:00000758:0005","event_serial_no":2`},
		{'u', `"connector":"sqlserver","change_lsn":"00000028:00000001:0001","commit_lsn":"00000028:00000001:0009","event_serial_no":1`},
	},
	"oracle": {
		{'r', `"connector":"oracle","scn":"1500","commit_scn":null`},
		{'u', `"connector":"oracle","scn":"1400","commit_scn":"1600"`},
		{'u', `"connector":"oracle","scn":"1401","commit_scn":"1600"`},
		{'u', `"connector":"oracle","scn":"1650","commit_scn":"2000"`},
	},
	"informix": {
		{'u', `"connector":"informix","change_lsn":"99","commit_lsn":"100"`}, {'u', `"connector":"informix","change_lsn":"101","commit_lsn":"1000"`},
	},
	"mongodb": {
		{'r', `"connector":"mongodb","ts_ms":1000,"ord":1`}, {'u', `"connector":"mongodb","ts_ms":1000,"ord":1`},
		{'u', `"connector":"mongodb","ts_ms":1000,"ord":2`}, {'u', `"connector":"mongodb","ts_ms":2000,"ord":1`},
	},
	"another connector": {
		{'r', `"connector":"vitess","ts_ms":1`}, {'u', `"connector":"vitess","ts_ms":1`}, {'u', `"connector":"vitess","ts_us":1001`}, {'u', `"connector":"vitess","ts_ns":1002000`},
	},
}

func TestSequencesOrderTheChangesOfARow(t *testing.T) {
	for name, steps := range histories {
		t.Run(name, func(t *testing.T) {
			var recs []string
			for _, s := range steps {
				after, before := `{"id":1}`, "null"
				if s.op == changes.Delete {
					before, after = after, before
				}
				recs = append(recs, `{"id":1}`, `{"before":`+before+`,"after":`+after+`,"source":{`+s.source+`},"op":"`+string(rune(s.op))+`"}`)
			}
			got := decode(t, Options{}, chunk("s.t", recs...))
			if len(got.reasons) > 0 || len(got.sequence) != len(steps) {
				t.Fatalf("%v, %s", got.reasons, got.text())
			}
			for i := 1; i < len(steps); i++ {
				if got.sequence[i-1] >= got.sequence[i] {
					t.Errorf("%q of %s is not before %q of %s", got.sequence[i-1], steps[i-1].source, got.sequence[i], steps[i].source)
				}
			}
		})
	}
}

func TestWithoutAnyPlaceThereIsNoSequence(t *testing.T) {
	got := decode(t, Options{}, chunk("s.t", `{"id":1}`, `{"before":null,"after":{"id":1},"source":{"connector":"postgresql"},"op":"c"}`))
	if !slices.Equal(got.sequence, []string{""}) {
		t.Errorf("%q", got.sequence)
	}
}

func TestAddedFieldsAreTheSourceOfAFlatRow(t *testing.T) {
	flat := decode(t, Options{}, chunk("s.t", `{"id":1}`,
		`{"id":1,"__deleted":"false","__op":"u","__db":"shop","__schema":"public","__table":"t","__source_ts_ms":1700000000000,"__lsn":24023128,"__sequence":"[\"24023119\",\"24023128\"]","__connector":"postgresql","__transaction_id":null}`))
	whole := decode(t, Options{}, chunk("s.t", `{"id":1}`, strings.ReplaceAll(strings.ReplaceAll(bareCreate, `,"n":"x"`, ""), `"op":"c"`, `"op":"u"`)))
	if flat.text() != whole.text() || !slices.Equal(flat.sequence, whole.sequence) || flat.batches[0].Origin != whole.batches[0].Origin {
		t.Errorf("%s %q %v, want %s %q %v", flat.text(), flat.sequence, flat.batches[0].Origin, whole.text(), whole.sequence, whole.batches[0].Origin)
	}
}
