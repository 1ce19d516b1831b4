// Package fromjson holds what stream/format/json reads against Spark's from_json: on the cases of its
// testdata, and on thousands of records made at random from schemas, valid, odd and broken.
//
// It has tests only (build tag integration). Where the two differ on purpose, one of the entries in
// differences says so; anything else fails.
package fromjson
