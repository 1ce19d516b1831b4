//go:build integration

package badinput

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
)

// commit adds a version to the world's table by hand.
func (w *world) commit(name, actions string) {
	w.Helper()
	if err := os.WriteFile(filepath.Join(w.table(), "_delta_log", name), []byte(actions), 0o600); err != nil {
		w.Fatal(err)
	}
}

func TestATableThatMustNotBeWritten(t *testing.T) {
	t.Parallel()
	kafka := parts.SharedKafka(t)
	for name, tt := range map[string]struct {
		protocol string
		texts    []string
	}{
		"unknown feature to read":  {`{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["teleportation"],"writerFeatures":["teleportation"]}}`, []string{"teleportation", "cannot be read"}},
		"unknown feature to write": {`{"protocol":{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":["levitation"]}}`, []string{"levitation", "cannot be written"}},
		"protocol too new to read": {`{"protocol":{"minReaderVersion":99,"minWriterVersion":99}}`, []string{"minReaderVersion is 99"}},
		"protocol too new":         {`{"protocol":{"minReaderVersion":1,"minWriterVersion":99}}`, []string{"minWriterVersion is 99"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, kafka)
			w.ids(0, 3)
			w.works(setting{})
			commits, err := filepath.Glob(filepath.Join(w.table(), "_delta_log", "*.json"))
			if err != nil {
				t.Fatal(err)
			}
			next := fmt.Sprintf("%020d.json", len(commits))
			w.commit(next, tt.protocol+"\n")
			w.ids(3, 2)
			w.refused(1, setting{}, append(tt.texts, w.table())...)
			if err := os.Remove(filepath.Join(w.table(), "_delta_log", next)); err != nil {
				t.Fatal(err)
			}
			w.works(setting{})
			w.holds(w.table(), 5)
		})
	}
}

func TestRowsThatDoNotFitTheTable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.SharedKafka(t))
	w.produce(`{"id":0,"a":"x","b":1}`)
	w.works(setting{schema: "id INT NOT NULL, a STRING", delta: ", partition_by: [a]"})
	w.produce(`{"id":1,"a":"y","b":2}`)
	for _, tt := range []struct {
		setting
		texts []string
	}{
		{setting{schema: "id INT NOT NULL, a STRING", delta: ", partition_by: [id]"}, []string{"is partitioned by [a], not by [id]"}},
		{setting{schema: "id STRING, a STRING"}, []string{"column id is int in the table and string in the data"}},
		{setting{schema: "id INT NOT NULL, a STRING, b INT"}, []string{"b", "merge_schema"}},
		{setting{schema: "a STRING"}, []string{"id"}},
	} {
		w.refused(1, tt.setting, append(tt.texts, w.table())...)
		w.holds(w.table(), 1)
	}
	w.works(setting{schema: "id INT NOT NULL, a STRING, b INT", delta: ", merge_schema: true"})
	w.holds(w.table(), 2)
}

func TestWhatIsNoTableIsLeftAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.SharedKafka(t))
	w.ids(0, 1)
	file := filepath.Join(w.dir, "file")
	if err := os.WriteFile(file, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.refused(1, setting{table: file}, "it is a file, a directory is needed")
	if data, err := os.ReadFile(file); err != nil || string(data) != "precious" {
		t.Errorf("the file has %q, %v", data, err)
	}
	w.complains(w.run("describe", filepath.Join(w.dir, "nowhere")), 1, "is not a Delta table")
	w.complains(w.run("query", "SELECT * FROM delta('"+w.dir+"')"), 1, "is not a Delta table")
}

func TestWrongUseAndAWrongFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, parts.SharedKafka(t))
	w.ids(0, 1)
	w.complains(w.run("rnu", "x"), 2, "did you mean run?")
	w.complains(w.run("run"), 2, "FILE is missing")
	w.refused(78, setting{kafka: ", startin_offsets: earliest"}, "pipeline.yaml:2:", "did you mean starting_offsets?")
	w.refused(78, setting{rest: "operators: [{sql: SELECT idd FROM input}]"}, "pipeline.yaml:6:", `no column "idd"`)
	w.refused(78, setting{kafka: ", sasl: {mechanism: PLAIN, username: u, password: \"${NOT_SET}\"}"}, "NOT_SET is not set")
	if _, err := os.Stat(w.table()); err == nil {
		t.Error("there is a table")
	}
}
