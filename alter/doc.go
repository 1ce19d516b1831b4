// Package alter changes what a table is without changing its rows: columns, properties, constraints,
// clustering, and table features. Each function is one commit, with the operation name and parameters that
// Spark records, and leaves existing data files as they are.
//
// An alteration is a pure function of a snapshot. Where another writer was faster, it is applied again to
// what that one made of the table, so that two alterations conflict only if the second makes no sense after the first;
// then its error says so. Where rows were checked (a new constraint, a column that becomes NOT NULL) they are
// checked again after each commit that changed rows meanwhile.
//
// It knows snapshots, schemas and properties, and reads rows through package table only to check
// them. It knows no SQL: expressions are text, made executable by table/expression.
package alter
