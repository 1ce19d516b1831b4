// Package arrowtest makes random table schemas and record batches for property tests, and turns
// batches into plain Go values for comparison. Everything follows from the seed that it is given,
// so that a failure can be repeated.
//
// It is for tests only and knows nothing of files.
package arrowtest
