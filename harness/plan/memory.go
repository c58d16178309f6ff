package plan

import (
	"math"

	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// RequestMemory is the memory in bytes that joust itself needs for the bodies
// of the plan's largest row: each request's body once, since all connections
// send it from one buffer, and each answer's, to compare with. What servers
// buffer is not in it. It is the largest int64 where the sum is larger.
func RequestMemory(p results.Plan, rows []scenarios.Scenario) int64 {
	var most int64
	for _, t := range p.Tables {
		for i := range rows {
			if rows[i].Name == t.Scenario {
				most = max(most, rowMemory(&rows[i]))
			}
		}
	}
	return most
}

func rowMemory(row *scenarios.Scenario) int64 {
	var sum int64
	add := func(n int64) {
		if sum > math.MaxInt64-n {
			sum = math.MaxInt64
			return
		}
		sum += n
	}
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
