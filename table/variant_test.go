package table

import "testing"

func TestVariantsAreWrittenAsTheyAreRead(t *testing.T) {
	for _, mode := range []string{"none", "name"} {
		tab := createIn(t, newStore(), CreateOptions{Schema: ddl(t, "id BIGINT, v VARIANT, s STRUCT<w: ARRAY<VARIANT>>"), Properties: map[string]string{"delta.columnMapping.mode": mode}})
		const in = "id BIGINT, v STRUCT<metadata: BINARY, value: BINARY>, s STRUCT<w: ARRAY<STRUCT<value: BINARY, metadata: BINARY>>>"
		add(t, tab, in, `[{"id": 1, "v": {"value": "DAU=", "metadata": "AQAA"}, "s": {"w": [{"value": "DAU=", "metadata": "AQAA"}]}}, {"id": 2}]`)
		first := all(t, tab, ScanOptions{})
		var again []string
		for rec, err := range tab.Scan(t.Context(), ScanOptions{}) {
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tab.Append(t.Context(), Batches(rec), AppendOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		if again = all(t, tab, ScanOptions{}); len(first) != 2 || !sameRows(again, append(first, first...)) {
			t.Errorf("%s: %v, and after they were written again %v", mode, first, again)
		}
	}
}
