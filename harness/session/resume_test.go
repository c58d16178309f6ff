package session

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// A stored run has its rows, whatever this joust's table says.
func TestStoredRowsAreTheRunsOwn(t *testing.T) {
	t.Parallel()
	table, err := scenarios.Load()
	if err != nil {
		t.Fatal(err)
	}
	hello, err := table.Find("hello")
	if err != nil {
		t.Fatal(err)
	}
	mine, other := *hello, *hello
	mine.Name = "mine"
	other.Title = "as it was then"
	run := results.Run{}
	for _, row := range []scenarios.Scenario{mine, other} {
		definition, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		run.Scenarios = append(run.Scenarios, results.Scenario{Name: row.Name, Definition: definition})
	}
	run.Scenarios = append(run.Scenarios, results.Scenario{Name: "json", Definition: json.RawMessage(`{"name":"json"}`)})
	rows, err := storedRows(&run)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []scenarios.Scenario{mine, other} {
		got, err := rows.Find(want.Name)
		if err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%v; got %+v, want %+v", err, got, want)
		}
	}
	if row, err := rows.Find("json"); err != nil || len(row.Requests) == 0 {
		t.Errorf("a definition of another version stands in place of the table's row: %+v, %v", row, err)
	}
	if len(rows) != len(table)+1 {
		t.Errorf("%d rows of %d", len(rows), len(table))
	}
}

// The rows of the whole table come back from a run as they are.
func TestRowsSurviveARun(t *testing.T) {
	t.Parallel()
	table, err := scenarios.Load()
	if err != nil {
		t.Fatal(err)
	}
	run := results.Run{}
	for i := range table {
		definition, err := json.Marshal(table[i])
		if err != nil {
			t.Fatal(err)
		}
		run.Scenarios = append(run.Scenarios, results.Scenario{Name: table[i].Name, Definition: definition})
	}
	rows, err := storedRows(&run)
	if err != nil {
		t.Fatal(err)
	}
	for i := range table {
		again, err := json.Marshal(rows[i])
		if err != nil || string(again) != string(run.Scenarios[i].Definition) {
			t.Errorf("%s changed in a run (%v):\n%s\n%s", table[i].Name, err, run.Scenarios[i].Definition, again)
		}
		for j := range table[i].Requests {
			before, _ := table[i].Requests[j].AnswerBody()
			after, _ := rows[i].Requests[j].AnswerBody()
			if string(before.Bytes()) != string(after.Bytes()) {
				t.Errorf("%s: another answer counts after a run", table[i].Name)
			}
		}
	}
}
