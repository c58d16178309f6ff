package results

// Duel is a duel and its answer: does B differ from A by more than the margin?
type Duel struct {
	// A and B are the variants as the user named them.
	A string `json:"a"`
	B string `json:"b"`
	// Metric is "throughput", "p99" or "cpu", Phase the phase that has it.
	Metric string `json:"metric"`
	Phase  string `json:"phase"`
	// Margin is relative: 0.02 for 2 %.
	Margin   float64 `json:"margin"`
	BudgetNS int64   `json:"budget_ns"`
	// Pairs counts the pairs of valid trials, VoidPairs those with a void one.
	Pairs     int `json:"pairs"`
	VoidPairs int `json:"void_pairs,omitempty"`
	// Ratio is B ÷ A with its interval over all looks; absent with too few pairs.
	Ratio  *float64   `json:"ratio,omitempty"`
	Low    *float64   `json:"low,omitempty"`
	High   *float64   `json:"high,omitempty"`
	Answer DuelAnswer `json:"answer"`
	// Why says why there is no answer, or limits it.
	Why string `json:"why,omitempty"`
}

// DuelAnswer is the answer to a duel's question.
type DuelAnswer string

// The answers of a duel.
const (
	// DuelHigher and DuelLower: B lies above or below A by more than the margin.
	DuelHigher DuelAnswer = "b-higher"
	DuelLower  DuelAnswer = "b-lower"
	// DuelWithin: B does not differ from A by more than the margin.
	DuelWithin    DuelAnswer = "within-margin"
	DuelUndecided DuelAnswer = "undecided"
)
