// Package arrowbuf holds column buffers that decoders write by slot and that become Arrow arrays
// without a copy, over memory that comes back when the arrays are released.
//
// A column is written slot by slot, upwards. The slot in hand may be written again (a field that
// stands twice in a record), and [Nulls.Truncate] and its kin forget a slot and all above it (a
// record that turns out to be bad); nothing else can be undone, and nothing needs a copy for it.
// Finish hands the slots over as an Arrow array and leaves the column empty.
//
// Columns are for one goroutine; the arrays that they make may be released by any other.
// The package knows no format and no schema.
package arrowbuf
