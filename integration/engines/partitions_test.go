//go:build integration

package engines

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ingestd/ingestd/integration/parts"
	"github.com/ingestd/ingestd/table"
)

// oddNames are partition values that are easily got wrong on the way to a path, to the log and back.
var oddNames = []string{"a", " ", "two words", "a/b", "/", "//x", "100%", "%2F", "%25", "a=b", "p=1", "é", "日本", "😀", "a:b", "#", "?", "a?b#c", "+", "a+b", `back\slash`,
	`"q"`, "it's", "`", "trailing ", " leading", "trailing.", ".", "..", ".hidden", "_under", "null", "__HIVE_DEFAULT_PARTITION__x", "{b}", "[c]", "a,b", "*", "<x>", "a|b", "^", "~", "&", "$", "@", "!", ";",
	"line\nbreak", "tab\tbed", "\u007f", "\u00a0", "NaN", "1", "true", "2024-01-01", strings.Repeat("long", 30)}

func TestOthersReadOddPartitionValues(t *testing.T) {
	const columns = "id INT, p STRING, q STRING"
	dir, s := folder(t), arrowSchema(t, columns)
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, columns), PartitionBy: []string{"q", "p"}})
	var objects []string
	for i, p := range append(oddNames, "", "\x00") {
		if p == "\x00" {
			continue // no path can hold it
		}
		objects = append(objects, object(map[string]any{"id": i, "p": p, "q": oddNames[(i*7)%len(oddNames)]}))
	}
	objects = append(objects, `{"id": -1}`, `{"id": -2, "p": null, "q": "x"}`, `{"id": -3, "p": "y", "q": ""}`)
	batch := rows(t, columns, objects...)
	add(t, tab, table.AppendOptions{}, batch)
	agree(t, "odd partition values", dir, emptyIsNull(parts.Canon(s, batch), "p", "q"))
}

func TestOthersReadPartitionsOfEveryType(t *testing.T) {
	const columns = `id INT, bool BOOLEAN, tiny TINYINT, small SMALLINT, i INT, big BIGINT, f FLOAT, d DOUBLE, dec DECIMAL(5,2), wide DECIMAL(38,10), text STRING,
		day DATE, instant TIMESTAMP, wall TIMESTAMP_NTZ, bytes BINARY`
	by := []string{"bool", "tiny", "small", "i", "big", "f", "d", "dec", "wide", "text", "day", "instant", "wall"}
	dir, s := folder(t), arrowSchema(t, columns)
	tab := create(t, dir, table.CreateOptions{Schema: ddl(t, columns), PartitionBy: by})
	r := rand.New(rand.NewPCG(5, 6))
	batch := randomRows(r, s, 40)
	defer batch.Release()
	add(t, tab, table.AppendOptions{}, batch)
	agree(t, "partitions of every type", dir, emptyIsNull(parts.Canon(s, batch), "text"))
}

// emptyIsNull is what becomes of empty strings in partition columns ("Partition Value Serialization").
func emptyIsNull(rows parts.Rows, columns ...string) parts.Rows {
	for _, row := range rows.Rows {
		for i, c := range rows.Columns {
			for _, p := range columns {
				if c == p && row[i] == `""` {
					row[i] = "null"
				}
			}
		}
	}
	return joined(rows)
}

func object(fields map[string]any) string {
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return string(b)
}
