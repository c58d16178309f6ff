package catalog

import "slices"

// Claim lets every server claim the rows: a user's own, which manifests do not know. A
// server whose manifest says that it does not support a row does not claim it.
func (s *Servers) Claim(rows ...string) {
	for i := range s.all {
		m := &s.all[i]
		for _, row := range rows {
			if _, unsupported := m.Unsupported[row]; !unsupported && !slices.Contains(m.Scenarios, row) {
				m.Scenarios = append(slices.Clip(m.Scenarios), row)
			}
		}
	}
}
