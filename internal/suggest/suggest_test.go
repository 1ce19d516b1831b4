package suggest

import "testing"

func TestNearestFindsWhatWasMeant(t *testing.T) {
	keys := []string{"starting_offsets", "ending_offsets", "topics", "topic_pattern", "brokers"}
	for name, want := range map[string]string{
		"startingOffsets": "starting_offsets", "topic": "topics", "borkers": "brokers", "TOPICS": "topics",
	} {
		if got, ok := Nearest(name, keys); !ok || got != want {
			t.Errorf("Nearest(%q) = %q, %v; want %q", name, got, ok, want)
		}
	}
	if got, ok := Nearest("zzzzzzzz", keys); ok {
		t.Errorf("Nearest of something else found %q", got)
	}
}

func TestDidYouMeanListsAllWhereNothingIsNear(t *testing.T) {
	if got := DidYouMean("xyz", []string{"append", "merge"}); got != "; one of append, merge" {
		t.Errorf("got %q", got)
	}
	if got := DidYouMean("apend", []string{"append", "merge"}); got != "; did you mean append?" {
		t.Errorf("got %q", got)
	}
	if got := DidYouMean("x", nil); got != "" {
		t.Errorf("got %q", got)
	}
}
