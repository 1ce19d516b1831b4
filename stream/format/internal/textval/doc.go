// Package textval computes what texts and numbers in records stand for: decimals of a scale, and days of the calendar.
//
// It knows no format and no columns.
package textval
