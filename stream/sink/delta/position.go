package delta

import (
	"strconv"
	"strings"

	"github.com/ingestd/ingestd/stream"
	"github.com/ingestd/ingestd/table"
	"github.com/ingestd/ingestd/txlog"
)

// appID is under which the table keeps the progress of a query in a partition, "events/0".
func appID(query, partition string) string { return query + "/" + partition }

// positions are the partitions of a query that the table has met. The ids of other queries can begin in the
// same way, so what follows the query's name must be a topic and a number.
func positions(s *txlog.Snapshot, query string) stream.Offsets {
	o := stream.Offsets{}
	for id, version := range s.Txns() {
		p, ok := strings.CutPrefix(id, query+"/")
		if ok && isPartition(p) {
			o[p] = version
		}
	}
	return o
}

// Position is how far t has come with a partition of a query; false where it has not met it.
func Position(t *table.Table, query, partition string) (int64, bool) {
	return t.Snapshot().Txn(appID(query, partition))
}

func isPartition(s string) bool {
	topic, n, ok := strings.Cut(s, "/")
	if !ok || topic == "" {
		return false
	}
	_, err := strconv.ParseUint(n, 10, 31)
	return err == nil
}
