package plan

import (
	"math"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// RequestMemory returns the memory, in bytes, that joust itself needs for the
// bodies of the plan's largest row: each request's body once, since all connections
// share it, and each answer's body for comparison. It is at most the largest int64.
func RequestMemory(p results.Plan, rows scenarios.Rows) int64 {
	var most int64
	for _, t := range p.Tables {
		if row, err := rows.Find(t.Scenario); err == nil {
			most = max(most, rowMemory(row))
		}
	}
	return most
}

func rowMemory(row *scenarios.Scenario) int64 {
	var sum int64
	add := func(n int64) { sum += min(n, math.MaxInt64-sum) }
	for i := range row.Requests {
		request := &row.Requests[i]
		add(request.Body.Size())
		// An echoed body is the request's own.
		if answer, exact := request.AnswerBody(); exact && !request.Expect.Echo {
			add(answer.Size())
		}
	}
	return sum
}
