package export

import (
	"strings"
	"testing"
)

// A text that does not fit keeps whole sections and says how many it lost.
func TestSummaryIsCutAtSections(t *testing.T) {
	t.Parallel()
	section := "# A heading\n" + strings.Repeat("| a | row |\n", 10)
	text := strings.Repeat(section, 5)
	if got := whole(text, len(text)); got != text {
		t.Errorf("a text that fits has become\n%s", got)
	}
	got := whole(text, 3*len(section)+20)
	if want := strings.Repeat(section, 3) + "\n2 more sections do not fit here: the run's own folder has them all.\n"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
