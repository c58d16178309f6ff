package summary

// uploads prints what was unusual in the sending of bodies.
func (t *summary) uploads() {
	p := t.phase
	if p.EarlyAnswers > 0 {
		t.item("uploads", "%s ended by an answer that refused them, or sent them elsewhere, before they were sent whole, and their connections with them", count(p.EarlyAnswers))
	}
	if p.MissedContinues > 0 {
		t.item("uploads", "%s sent without the 100 that they awaited: it did not come in time, and the latencies hold that wait", count(p.MissedContinues))
	}
}
