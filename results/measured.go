package results

// Measured returns the first phase that was measured, or nil.
func (r *Report) Measured() *Phase {
	return first(r.Phases, func(p *Phase) bool { return p.Measured && p.Skipped == "" })
}
