// Package variant reads the values of variant columns: it puts shredded ones together ([Unshred]) and shows them as
// JSON ([AppendJSON]).
//
// A variant in Arrow is a struct of two binaries, metadata and value ("Variant data in Parquet" of the Delta
// protocol, VariantEncoding.md of parquet-format). A shredded one has its parts in typed columns beside them
// (VariantShredding.md). The package owns the way from there to the two binaries, and from these to text. It knows
// Arrow, but no files, no tables and no schemas of tables.
package variant
