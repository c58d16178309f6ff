package session

import (
	"io/fs"
	"path/filepath"

	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/launch"
)

// size returns the size in bytes of the program that joust built for the fixture, or of
// its image; nil where there is neither. A build that makes a folder, such as the classes
// of a Java program, counts with all of its files.
func size(f launch.Fixture, image container.Image) (*int64, error) {
	switch {
	case f.Image != "" && image.SizeBytes > 0:
		return &image.SizeBytes, nil
	case f.Image != "" || f.Built == "":
		return nil, nil
	}
	built := f.Built
	if recipe := f.Manifest.Build; recipe != nil {
		built = filepath.Join(f.Built, recipe.Output)
	}
	total := int64(0)
	err := filepath.WalkDir(built, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	return &total, err
}
