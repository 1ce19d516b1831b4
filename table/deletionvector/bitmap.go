package deletionvector

import (
	"iter"

	"github.com/RoaringBitmap/roaring/v2/roaring64"
)

// Bitmap is a set of positions of rows in a data file, counted from zero in the order of the file.
// It may be read by many goroutines at a time, but not while one changes it.
type Bitmap struct{ set *roaring64.Bitmap }

// New is the empty set, or that of the given positions.
func New(positions ...uint64) *Bitmap {
	b := &Bitmap{set: roaring64.New()}
	b.set.AddMany(positions)
	return b
}

// Add puts a position into the set.
func (b *Bitmap) Add(pos uint64) { b.set.Add(pos) }

// AddRange puts the positions from from to before to into the set.
func (b *Bitmap) AddRange(from, to uint64) {
	if from < to {
		b.set.AddRange(from, to)
	}
}

// Contains tells whether a position is in the set.
func (b *Bitmap) Contains(pos uint64) bool { return b.set.Contains(pos) }

// Cardinality is how many positions are in the set.
func (b *Bitmap) Cardinality() int64 { return int64(b.set.GetCardinality()) }

// CountBelow is how many positions of the set are less than to.
func (b *Bitmap) CountBelow(to uint64) int64 {
	if to == 0 {
		return 0
	}
	return int64(b.set.Rank(to - 1))
}

// CountIn is how many positions of the set lie from from to before to.
func (b *Bitmap) CountIn(from, to uint64) int64 { return b.CountBelow(to) - b.CountBelow(from) }

// Max is the greatest position; false where the set is empty.
func (b *Bitmap) Max() (uint64, bool) {
	if b.set.IsEmpty() {
		return 0, false
	}
	return b.set.Maximum(), true
}

// Or puts the positions of o into b.
func (b *Bitmap) Or(o *Bitmap) { b.set.Or(o.set) }

// AndNot takes the positions of o out of b.
func (b *Bitmap) AndNot(o *Bitmap) { b.set.AndNot(o.set) }

// Intersects tells whether a position is in both.
func (b *Bitmap) Intersects(o *Bitmap) bool { return b.set.Intersects(o.set) }

// Equal tells whether both hold the same positions.
func (b *Bitmap) Equal(o *Bitmap) bool { return b.set.Equals(o.set) }

// Clone is a copy that shares nothing.
func (b *Bitmap) Clone() *Bitmap { return &Bitmap{set: b.set.Clone()} }

// All yields the positions in ascending order. The set must not be changed meanwhile.
func (b *Bitmap) All() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for it := b.set.Iterator(); it.HasNext(); {
			if !yield(it.Next()) {
				return
			}
		}
	}
}

// Range yields the positions from from to before to in ascending order.
func (b *Bitmap) Range(from, to uint64) iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		it := b.set.Iterator()
		it.AdvanceIfNeeded(from)
		for it.HasNext() {
			if pos := it.Next(); pos >= to || !yield(pos) {
				return
			}
		}
	}
}
