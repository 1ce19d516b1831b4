// Package checksum holds version checksum files (N.crc): totals of a table at one version, so that a log that was
// tampered with can be told, and so that the number and size of its files are known without listing them
// ("Version Checksum File" of the Delta protocol).
//
// The package knows the content of the file and how totals follow from file actions. It knows neither stores nor
// which actions are live; see txlog.
package checksum

import (
	"github.com/ingestd/ingestd/txlog/action"
)

// Checksum is the content of a version checksum file.
type Checksum struct {
	TxnID string // of the commit (commitInfo.txnId); empty where it is not told
	Totals
	NumMetadata, NumProtocol int64                    // always 1 in a sound table
	InCommitTimestamp        *int64                   // milliseconds since the epoch; where the table has them
	Txns                     []*action.Txn            // live; nil where they are not told
	Domains                  []*action.DomainMetadata // live ones; nil where they are not told
	Metadata                 *action.Metadata         // nil in files of very old writers
	Protocol                 *action.Protocol         // likewise
	AllFiles                 []*action.Add            // live; nil where they are not told
}

// Totals are sums over the live files of a version. The zero Totals are not those of an empty table; see [Empty].
type Totals struct {
	Files   int64      // live add actions
	Bytes   int64      // sum of their sizes
	Sizes   *Histogram // of files by size; nil where it is not known
	Vectors *Vectors   // deletion vectors; nil where they are not known
}

// Vectors are sums over the deletion vectors of the live files.
type Vectors struct {
	Files   int64      // that have one
	Records int64      // that are deleted by them
	Counts  *[10]int64 // files by deleted records ("Deleted Record Counts Histogram Schema"); nil where it is not known
}

// Empty are the totals of a table without files.
func Empty() Totals {
	return Totals{Sizes: NewHistogram(), Vectors: &Vectors{Counts: &[10]int64{}}}
}

// Clone is a copy that shares nothing.
func (t Totals) Clone() Totals {
	if t.Sizes != nil {
		t.Sizes = t.Sizes.clone()
	}
	if t.Vectors != nil {
		v := *t.Vectors
		if v.Counts != nil {
			v.Counts = new(*v.Counts)
		}
		t.Vectors = &v
	}
	return t
}

// Add counts a file that became live.
func (t *Totals) Add(size int64, dv *action.DeletionVector) { t.count(1, size, dv) }

// Remove counts a file that no longer is.
func (t *Totals) Remove(size int64, dv *action.DeletionVector) { t.count(-1, size, dv) }

func (t *Totals) count(n, size int64, dv *action.DeletionVector) {
	t.Files += n
	t.Bytes += n * size
	if t.Sizes != nil {
		t.Sizes.count(n, size)
	}
	v := t.Vectors
	if v == nil {
		return
	}
	deleted := int64(0)
	if dv != nil {
		deleted = dv.Cardinality
		v.Files += n
		v.Records += n * deleted
	}
	if v.Counts != nil {
		v.Counts[bin(countBounds[:], deleted)] += n
	}
}

// Sound says whether the totals can be those of a table: nothing is negative and the histograms add up.
func (t Totals) Sound() bool {
	if t.Files < 0 || t.Bytes < 0 || t.Sizes != nil && !t.Sizes.sound(t.Files, t.Bytes) {
		return false
	}
	v := t.Vectors
	if v == nil {
		return true
	}
	if v.Files < 0 || v.Records < 0 || v.Files > t.Files {
		return false
	}
	if v.Counts == nil {
		return true
	}
	sum := int64(0)
	for _, n := range v.Counts {
		if n < 0 {
			return false
		}
		sum += n
	}
	return sum == t.Files
}
