package summary

import "strings"

// spelled returns the text as the options ask for it. The signs that the text is written
// with are replaced by others of the same width.
func (o Options) spelled(text string) string {
	if !o.ASCII {
		return text
	}
	return strings.NewReplacer("\n  ≥ ", "\n  >= ", "≥ ", ">=", "≥", ">=", "≤ ", "<=", "µ", "u", "—", "-", "–", "-", "…", "...", "±", "+-", "×", "x", "÷", "/").Replace(text)
}
