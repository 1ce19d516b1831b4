package json

import "github.com/ingestd/ingestd/stream/format/internal/jsontext"

// scanner is the record in hand, and what is kept of it beside its columns.
type scanner struct {
	jsontext.Scanner
	stamp   uint64 // counts objects read, to see which fields the one in hand has had
	rescue  bool
	extra   bool   // rescuing: the column in hand has fields that the schema lacks
	rescued []byte // rescuing: the object so far, without its closing brace
}
