package output

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
)

// sample is how many rows are held back to find the width of the columns.
const sample = 1000

// maxWidth is the widest a column gets; longer values are cut, with an ellipsis.
const maxWidth = 80

func tableRows(w io.Writer, columns []string, rows iter.Seq2[Row, error]) error {
	out := bufio.NewWriter(w)
	var held [][]string
	var numeric []bool
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = displayWidth(c)
		numeric = append(numeric, true)
	}
	flush := func() {
		writeHeader(out, columns, widths, numeric)
		for _, cells := range held {
			writeLine(out, cells, widths, numeric)
		}
		held = nil
	}
	n := 0
	for row, err := range rows {
		if err != nil {
			return err
		}
		cells := make([]string, len(row))
		for i, v := range row {
			cells[i] = cell(v)
			if n < sample {
				widths[i] = max(widths[i], displayWidth(cells[i]))
				numeric[i] = numeric[i] && (v == nil || isNumber(v))
			}
		}
		if n++; n <= sample {
			held = append(held, cells)
			continue
		}
		if n == sample+1 {
			flush()
		}
		writeLine(out, cells, widths, numeric)
	}
	if n <= sample {
		flush()
	}
	return out.Flush()
}

func writeHeader(out *bufio.Writer, columns []string, widths []int, right []bool) {
	writeLine(out, columns, widths, right)
	rule := make([]string, len(columns))
	for i := range rule {
		rule[i] = strings.Repeat("-", widths[i])
	}
	writeLine(out, rule, widths, right)
}

func writeLine(out *bufio.Writer, cells []string, widths []int, right []bool) {
	var b strings.Builder
	for i, c := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		b.WriteString(pad(c, widths[i], right[i]))
	}
	fmt.Fprintln(out, strings.TrimRight(b.String(), " "))
}

// cell is a value on one line, cut where it is too wide.
func cell(v any) string {
	return runewidth.Truncate(line(Text(v)), maxWidth, "…")
}

// unprintable says that a character would move the cursor, ring the bell or colour the terminal.
func unprintable(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// escape writes what is unprintable as Go does: \n, \x1b.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unprintable(r) {
			q := strconv.QuoteRuneToASCII(r)
			b.WriteString(q[1 : len(q)-1])
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func pad(s string, width int, right bool) string {
	space := strings.Repeat(" ", max(0, width-displayWidth(s)))
	if right {
		return space + s
	}
	return s + space
}

func displayWidth(s string) int { return runewidth.StringWidth(s) }
