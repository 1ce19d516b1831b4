// Package match finds, for rows of a table, the rows of a source that have the same key. It owns how keys are compared and
// hashed ([Keys]), the hash table over a source's keys ([Index]) and the rows of a source as they are kept until they are wanted
// ([Rows], [Source]): in memory up to a budget, on disk beyond it. It knows no SQL, no tables and no clauses.
//
// Memory is bounded by the source and the budget, never by the table: the table's rows stream past.
package match
