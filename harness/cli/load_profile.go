package cli

import (
	"fmt"

	"github.com/joust-bench/joust/loaders"
	"github.com/joust-bench/joust/results/files"
)

// mostProfile bounds the file of a profile, in bytes.
const mostProfile = 16 << 20

// readProfile reads --rate-profile, and the points of a CSV file; nil for an empty text.
func readProfile(text string) (*loaders.Profile, error) {
	if text == "" {
		return nil, nil
	}
	p, err := loaders.ParseProfile(text)
	if err != nil {
		return nil, fmt.Errorf("--rate-profile %s: %w", text, err)
	}
	if p.Kind != loaders.CSV {
		return &p, nil
	}
	data, err := files.Read(p.File, mostProfile)
	if err != nil {
		return nil, fmt.Errorf("--rate-profile: %w", err)
	}
	if p.Points, p.Shares, err = loaders.ParseProfilePoints(data); err != nil {
		return nil, fmt.Errorf("--rate-profile %s: %w", p.File, err)
	}
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("--rate-profile %s: %w", p.File, err)
	}
	return &p, nil
}
