package scenarios

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func generated(t testing.TB, call string) string {
	t.Helper()
	text, err := numbers(nil).generate(call)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// The document is built here from its definition, by an encoder of JSON.
func TestDocumentIsAsDefined(t *testing.T) {
	t.Parallel()
	type row struct {
		ID    int64  `json:"id"`
		Value int64  `json:"value"`
		Name  string `json:"name"`
	}
	for _, seed := range []int64{1, 2, 999_999, 1_000_000} {
		document := struct {
			Seed int64 `json:"seed"`
			Rows []row `json:"rows"`
		}{Seed: seed}
		for i := range int64(384) {
			document.Rows = append(document.Rows, row{i, (i*seed*7919 + i*i) % 1_000_003, "row-" + strconv.FormatInt(i, 10)})
		}
		want, err := json.Marshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if got := generated(t, "document("+strconv.FormatInt(seed, 10)+")"); got != string(want) {
			t.Errorf("seed %d: %.80s…, want %.80s…", seed, got, want)
		}
	}
	if n := len(generated(t, "document(1)")); n < 16_000 || n > 17_500 {
		t.Errorf("%d bytes are not 16 KB", n)
	}
}

func TestGeneratorsAreReadByOthersAsMeant(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 999).Draw(t, "n")
		known := numbers{{name: "n", value: int64(n), text: strconv.Itoa(n)}}
		make := func(call string) string {
			text, err := known.generate(call)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		if form, err := url.ParseQuery(make("pairs(n)")); err != nil || len(form) != n {
			t.Errorf("%d pairs for %d, %v", len(form), n, err)
		}
		if cookies, err := http.ParseCookie(make(" cookies( n ) ")); err != nil || len(cookies) != n {
			t.Errorf("%d cookies for %d, %v", len(cookies), n, err)
		}
		events := strings.SplitAfter(make("events(n)"), "\n\n")
		if len(events) != n+1 || events[n] != "" || events[n-1] != "data: "+strconv.Itoa(n)+"\n\n" || events[0] != "data: 1\n\n" {
			t.Errorf("%d events for %d: %q", len(events)-1, n, events)
		}
		if got := make("sum(n, -3, n)"); got != strconv.Itoa(2*n-3) {
			t.Errorf("sum %s for %d", got, n)
		}
	})
}

func TestFormHasThePromisedSize(t *testing.T) {
	t.Parallel()
	if n := len(generated(t, "pairs(128)")); n != 4095 {
		t.Errorf("128 pairs have %d bytes, want 4095", n)
	}
}

// FuzzGenerate checks that no call and no template panics, and that an error stands for
// no text.
func FuzzGenerate(f *testing.F) {
	for _, seed := range []string{"items(50, 6)", "items(n, m)", "sum(1,2,-3)", "events(0)", "{n}", "a{pairs(n)}b{m}", "sum((1)", "items(", ")", "{sum({n})}", "é(1)"} {
		f.Add(seed, int64(3))
	}
	f.Fuzz(func(t *testing.T, text string, n int64) {
		known := numbers{{name: "n", value: n, text: strconv.FormatInt(n, 10)}, {name: "m", value: 2, text: "2"}}
		if made, err := known.generate(text); (err == nil) == (made == "") {
			t.Errorf("%q, %v", made, err)
		}
		made, err := known.replace(text)
		if err != nil {
			return
		}
		if !strings.Contains(text, "{") && made != text {
			t.Errorf("%q became %q", text, made)
		}
		if plain, err := numbers(nil).replace(text); err != nil || plain != text {
			t.Errorf("%q is no template and became %q, %v", text, plain, err)
		}
	})
}
