package table

import (
	"strings"
	"testing"

	"github.com/ingestd/ingestd/txlog/action"
)

// What other writers put into statistics must not be trusted to be an object.
func TestLooseStatisticsOfOddOnes(t *testing.T) {
	for text, want := range map[string]string{
		`null`: `{"numRecords":7,"tightBounds":false}`,
		`[1]`:  `{"numRecords":7,"tightBounds":false}`,
		`{"numRecords":9,"minValues":{"a":12345678901234567890.10},"tightBounds":true}`: `{"minValues":{"a":12345678901234567890.10},"numRecords":7,"tightBounds":false}`,
		``: `{"numRecords":7,"tightBounds":false}`,
	} {
		got, err := looseStats(&action.Add{Stats: new(text)}, 7)
		if err != nil || strings.ReplaceAll(*got, " ", "") != want {
			t.Errorf("%s: %v, %v", text, *got, err)
		}
	}
	if got, err := looseStats(&action.Add{}, 7); err != nil || *got != `{"numRecords":7,"tightBounds":false}` {
		t.Errorf("%v, %v", got, err)
	}
}
