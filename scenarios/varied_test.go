package scenarios_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/dataset"
)

// Every random request of the catalogue is valid, and its answer is what a server would
// compute.
func TestVariedRequestsOfTheCatalogue(t *testing.T) {
	t.Parallel()
	rows := load(t)
	for seed := range uint64(20) {
		for _, row := range rows {
			for _, r := range row.Requests {
				varied, ok := r.Varied(rand.New(rand.NewPCG(seed, 0)))
				if ok != (r.Vary != nil) {
					t.Fatalf("%s: %s varies: %v", row.Name, r.Name, ok)
				}
				if !ok {
					continue
				}
				row.Requests = []scenarios.Request{varied}
				if faults := row.Validate(); len(faults) > 0 {
					t.Fatalf("%s: %v", row.Name, faults)
				}
				if again, _ := r.Varied(rand.New(rand.NewPCG(seed, 0))); !cmp.Equal(varied, again) {
					t.Fatalf("%s: two requests of one seed differ", row.Name)
				}
				if want := serve(t, &varied); varied.Expect.Body.Text != want {
					t.Errorf("%s: %s expects %.100s, want %.100s", row.Name, varied.Path, varied.Expect.Body.Text, want)
				}
			}
		}
	}
}

// serve answers as a server does that knows the data set's file.
func serve(t *testing.T, r *scenarios.Request) string {
	target, err := url.Parse(r.Path)
	if err != nil {
		t.Fatal(err)
	}
	query := target.Query()
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	count := func(values url.Values) string { return strconv.Itoa(len(values)) }
	parts := strings.Split(strings.Trim(target.Path, "/"), "/")
	switch parts[0] {
	case "json", "httparena_json":
		if len(parts) == 1 {
			return strings.Replace(object, `"id":1`, `"id":`+query.Get("id"), 1)
		}
		return itemsAnswer(t, number(parts[1]), number(query.Get("m")))
	case "baseline11":
		sum := number(query.Get("a")) + number(query.Get("b"))
		if r.Method == http.MethodPost {
			sum += number(r.Body.Text)
		}
		return strconv.Itoa(sum)
	case "qs":
		return count(query)
	case "form":
		form, err := url.ParseQuery(r.Body.Text)
		if err != nil {
			t.Fatal(err)
		}
		return count(form)
	case "cookies":
		cookies, err := http.ParseCookie(r.Headers[0].Value)
		if err != nil {
			t.Fatal(err)
		}
		return strconv.Itoa(len(cookies))
	case "delay":
		if number(parts[1]) < 15 {
			t.Errorf("a delay of %s ms is below the row's least time", parts[1])
		}
		return "ok"
	case "gzip":
		var rows []string
		for i, seed := 0, number(query.Get("seed")); i < 384; i++ {
			rows = append(rows, fmt.Sprintf(`{"id":%d,"value":%d,"name":"row-%d"}`, i, (i*seed*7919+i*i)%1000003, i))
		}
		return `{"seed":` + query.Get("seed") + `,"rows":[` + strings.Join(rows, ",") + `]}`
	}
	t.Fatalf("no answer to %s is known", r.Path)
	return ""
}

// itemsAnswer adds totals to the items as they stand in the data set's file.
func itemsAnswer(t *testing.T, count, multiplier int) string {
	var items []json.RawMessage
	if err := json.Unmarshal(dataset.ItemsJSON(), &items); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, item := range items[:count] {
		var numbers struct{ Price, Quantity int }
		if err := json.Unmarshal(item, &numbers); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSuffix(string(item), "}")+fmt.Sprintf(`,"total":%d}`, numbers.Price*numbers.Quantity*multiplier))
	}
	return `{"items":[` + strings.Join(out, ",") + `],"count":` + strconv.Itoa(count) + `}`
}
