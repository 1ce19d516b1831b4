package checksum

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ingestd/ingestd/txlog/action"
)

// Mismatch is a field of a version checksum file that is not what the log gives.
type Mismatch struct {
	Field    string // as the protocol names it
	Recorded string
	Computed string
}

// String tells the three.
func (m Mismatch) String() string {
	return fmt.Sprintf("%s is recorded as %s and computed as %s", m.Field, m.Recorded, m.Computed)
}

// CompareState finds where c, which was recorded, contradicts what is known of the version without its files. What one
// of them does not tell is not compared.
func (c *Checksum) CompareState(computed *Checksum) []Mismatch {
	var out []Mismatch
	diff := func(field, recorded, computed string) {
		if recorded != computed {
			out = append(out, Mismatch{field, recorded, computed})
		}
	}
	diff("numMetadata", fmt.Sprint(c.NumMetadata), "1")
	diff("numProtocol", fmt.Sprint(c.NumProtocol), "1")
	if c.TxnID != "" && computed.TxnID != "" {
		diff("txnId", c.TxnID, computed.TxnID)
	}
	if c.InCommitTimestamp != nil && computed.InCommitTimestamp != nil {
		diff("inCommitTimestampOpt", fmt.Sprint(*c.InCommitTimestamp), fmt.Sprint(*computed.InCommitTimestamp))
	}
	if c.Metadata != nil && computed.Metadata != nil {
		diff("metadata", metadataText(c.Metadata), metadataText(computed.Metadata))
	}
	if c.Protocol != nil && computed.Protocol != nil {
		diff("protocol", protocolText(c.Protocol), protocolText(computed.Protocol))
	}
	if c.Txns != nil && computed.Txns != nil {
		diff("setTransactions", listText(c.Txns), listText(computed.Txns))
	}
	if c.Domains != nil && computed.Domains != nil {
		diff("domainMetadata", listText(c.Domains), listText(computed.Domains))
	}
	return out
}

// CompareTotals finds where c, which was recorded, contradicts sums over the live files. What one of them does not
// tell is not compared, nor histograms of other bins.
func (c *Checksum) CompareTotals(computed Totals) []Mismatch {
	var out []Mismatch
	diff := func(field string, recorded, computed any) {
		if r, c := fmt.Sprint(recorded), fmt.Sprint(computed); r != c {
			out = append(out, Mismatch{field, r, c})
		}
	}
	diff("numFiles", c.Files, computed.Files)
	diff("tableSizeBytes", c.Bytes, computed.Bytes)
	if a, b := c.Sizes, computed.Sizes; a != nil && b != nil && slices.Equal(a.Bounds, b.Bounds) {
		diff("fileSizeHistogram", [][]int64{a.Files, a.Bytes}, [][]int64{b.Files, b.Bytes})
	}
	if a, b := c.Vectors, computed.Vectors; a != nil && b != nil {
		diff("numDeletionVectorsOpt", a.Files, b.Files)
		diff("numDeletedRecordsOpt", a.Records, b.Records)
		if a.Counts != nil && b.Counts != nil {
			diff("deletedRecordCountsHistogramOpt", *a.Counts, *b.Counts)
		}
	}
	return out
}

// metadataText leaves out what engines do not agree to keep.
func metadataText(m *action.Metadata) string {
	n := *m
	n.Extra = nil
	return string(object(&n))
}

func protocolText(p *action.Protocol) string {
	n := *p
	n.Extra = nil
	n.ReaderFeatures, n.WriterFeatures = slices.Sorted(slices.Values(p.ReaderFeatures)), slices.Sorted(slices.Values(p.WriterFeatures))
	return string(object(&n))
}

func listText[A action.Action](actions []A) string {
	lines := make([]string, 0, len(actions))
	for _, a := range actions {
		lines = append(lines, string(object(a)))
	}
	slices.Sort(lines)
	return "[" + strings.Join(lines, ",") + "]"
}
