package arrowbuf

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// DictionaryType is the Arrow type of string columns that came dictionary-encoded.
var DictionaryType = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// Strings is a column of strings that is dictionary-encoded in those batches where that pays, and
// plain utf8 in the others. It starts as a dictionary; a batch that turns out to have mostly distinct
// values becomes plain on the way, and then plain batches follow until it is tried again, ever
// more seldom.
type Strings struct {
	plain Bytes
	codes Fixed[int32]
	dict  dict

	asDict  bool // this batch
	orphans bool // the dictionary may have values that no slot uses
	next    int  // the slot at which distinctness is looked at
	rest    int  // batches to go until the dictionary is tried
	backoff int
}

const (
	firstLook   = 512 // slots
	maxBackoff  = 256 // batches
	dictPaysFor = 2   // slots to a distinct value, at the least
)

// NewStrings makes an empty column over pool. The seed, best a random one, keeps senders of
// values from guessing which of them collide; the values that come out do not depend on it.
func NewStrings(pool *Pool, seed uint64) Strings {
	return Strings{plain: NewBytes(pool), codes: NewFixed[int32](pool), dict: newDict(pool, seed), asDict: true, next: firstLook}
}

// Reserve makes room for n slots.
func (c *Strings) Reserve(n int) {
	if c.asDict {
		c.codes.Reserve(n)
	} else {
		c.plain.Reserve(n)
	}
}

// Set copies v into slot i.
func (c *Strings) Set(i int, v []byte) {
	if !c.asDict {
		c.plain.Set(i, v)
		return
	}
	code, ok := c.dict.code(v)
	if !ok {
		c.giveUp(i)
		c.plain.Set(i, v)
		return
	}
	c.codes.Set(i, code)
	if i >= c.next {
		c.look(i + 1)
	}
}

// SetNull makes slot i null.
func (c *Strings) SetNull(i int) {
	if c.asDict {
		c.codes.SetNull(i)
	} else {
		c.plain.SetNull(i)
	}
}

// Truncate forgets the nulls from slot i on.
func (c *Strings) Truncate(i int) {
	c.orphans = true
	c.codes.Truncate(i)
	c.plain.Truncate(i)
}

// look gives up early where hardly a value came twice in the n slots written. A few thousand different
// values, some frequent, look much like that at first and pay later, so it is not hasty.
func (c *Strings) look(n int) {
	if c.dict.n > n-n/8 {
		c.giveUp(n)
		return
	}
	c.next = 2 * n
}

// giveUp makes the batch plain; n slots are written.
func (c *Strings) giveUp(n int) {
	c.plain.Reserve(max(n, len(c.codes.vals)))
	for i := range n {
		if c.codes.IsNull(i) {
			c.plain.SetNull(i)
		} else {
			c.plain.Set(i, c.dict.values.At(int(c.codes.At(i))))
		}
	}
	c.codes.Truncate(0)
	c.dict.reset()
	c.asDict = false
	c.backoff = min(max(8, 2*c.backoff), maxBackoff)
	c.rest = c.backoff
}

// Finish hands over n slots: an array of type utf8, or of [DictionaryType] with each value once and each used.
func (c *Strings) Finish(n int) arrow.ArrayData {
	defer func() { c.orphans, c.next = false, firstLook }()
	if c.asDict && c.dict.n*dictPaysFor > max(n, dictPaysFor) {
		c.giveUp(n)
	}
	if !c.asDict {
		if c.rest--; c.rest <= 0 {
			c.asDict = true
		}
		return c.plain.Finish(arrow.BinaryTypes.String, n)
	}
	if c.orphans {
		c.dropOrphans(n)
	}
	if c.backoff > 0 {
		c.backoff /= 2
	}
	values := c.dict.values.Finish(arrow.BinaryTypes.String, c.dict.n)
	c.dict.reset()
	codes, valid, nulls := c.codes.finish(n)
	defer values.Release()
	defer release(codes, valid)
	return array.NewDataWithDictionary(DictionaryType, n, []*memory.Buffer{valid, codes}, nulls, 0, values.(*array.Data))
}

// dropOrphans renumbers the dictionary without the values that only forgotten slots used.
func (c *Strings) dropOrphans(n int) {
	renumber := make([]int32, c.dict.n)
	used := int32(0)
	for i := range n {
		if c.codes.IsNull(i) {
			continue
		}
		if old := c.codes.At(i); renumber[old] == 0 {
			used++
			renumber[old] = used
		}
	}
	if int(used) == c.dict.n {
		return
	}
	kept := NewBytes(c.dict.values.pool)
	order := make([]int32, used)
	for old, k := range renumber {
		if k > 0 {
			order[k-1] = int32(old)
		}
	}
	for k, old := range order {
		kept.Set(k, c.dict.values.At(int(old)))
	}
	for i := range n {
		if !c.codes.IsNull(i) {
			c.codes.Set(i, renumber[c.codes.At(i)]-1)
		}
	}
	c.dict.values.Drop()
	c.dict.values, c.dict.n = kept, int(used)
}

// Drop gives the memory back.
func (c *Strings) Drop() {
	c.plain.Drop()
	c.codes.Drop()
	c.dict.values.Drop()
	c.dict.entries = nil
}
