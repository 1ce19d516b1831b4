// Package arrowrows takes rows and columns out of Arrow batches. It knows no tables.
//
// What its functions give is the caller's to release; what they are given stays the caller's.
package arrowrows
