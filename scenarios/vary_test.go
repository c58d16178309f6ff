package scenarios_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/scenarios"
)

// one returns the only request of a row that the text describes.
func one(t *testing.T, request string) scenarios.Request {
	t.Helper()
	rows, err := parse("one.yaml", []byte("scenarios: [{name: one, title: one, protocols: [h1], modes: [closed], requests: ["+request+"]}]"))
	if err != nil {
		t.Fatal(err)
	}
	return rows[0].Requests[0]
}

func TestVariedRequestsHaveTheirAnswers(t *testing.T) {
	t.Parallel()
	r := one(t, `{name: sum, method: POST, path: "/sum?a=1&b=2", headers: [{name: Accept, value: "*/*"}], body: {text: "3"}, expect: {status: 200, body: {text: "6"}},
		vary: {numbers: {a: {min: 1, max: 99}, b: {min: -99, max: 0}, c: {min: 5, max: 9}}, path: "/sum?a={a}&b={b}",
			headers: [{name: accept, value: "text/{c}"}, {name: X-C, value: "{cookies(c)}"}], body: {text: "{c}", chunk: 1}, expect: {generate: "sum(a, b, c)"}}}`)
	seen := map[string]bool{}
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		v, ok := r.Varied(rnd)
		if !ok {
			t.Fatal("not varied")
		}
		seen[v.Path] = true
		first, second, _ := strings.Cut(strings.TrimPrefix(v.Path, "/sum?a="), "&b=")
		c := number(t, v.Body.Text)
		if want, got := number(t, first)+number(t, second)+c, number(t, v.Expect.Body.Text); got != want {
			t.Errorf("%s and %s: answer %d, want %d", v.Path, v.Body.Text, got, want)
		}
		if v.Method != "POST" || v.Vary != nil || v.Body.Chunk != 1 || v.Expect.Status != 200 || len(v.Headers) != 2 ||
			v.Headers[0].Value != "text/"+v.Body.Text || strings.Count(v.Headers[1].Value, "=") != c {
			t.Errorf("varied: %+v", v)
		}
	}
	if len(seen) < 25 {
		t.Errorf("only %d of 50 requests differ", len(seen))
	}
	if r.Path != "/sum?a=1&b=2" || r.Headers[0].Value != "*/*" || r.Body.Text != "3" {
		t.Errorf("the request itself changed: %+v", r)
	}
	if _, ok := new(scenarios.Request).Varied(rnd); ok {
		t.Error("a request without vary was varied")
	}
}

// number reads a decimal number.
func number(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestEachMakesARequestForEachNumber(t *testing.T) {
	t.Parallel()
	rows, err := parse("each.yaml", []byte(`scenarios:
  - name: many
    title: many
    protocols: [h1]
    modes: [closed]
    requests:
      - {name: item, each: {from: 8, to: 11, width: 3}, method: GET, path: "/items/{i}", headers: [{name: X, value: "{i}"}],
         expect: {status: 200, headers: [{name: Y, value: "y{i}"}], body: {generate: "sum(i, 1)"}}}
      - {name: plain, method: GET, path: "/{i}", expect: {status: 200}}
`))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rows[0].Requests {
		if r.Each != nil {
			t.Error("an entry was left as it was")
		}
		words := []string{r.Name, r.Group, r.Path}
		for _, h := range append(r.Headers, r.Expect.Headers...) {
			words = append(words, h.Value)
		}
		if r.Expect.Body != nil {
			words = append(words, r.Expect.Body.Text)
		}
		got = append(got, strings.Join(words, " "))
	}
	want := []string{
		"item/008 item /items/008 008 y008 9", "item/009 item /items/009 009 y009 10",
		"item/010 item /items/010 010 y010 11", "item/011 item /items/011 011 y011 12",
		"plain  /{i}",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
