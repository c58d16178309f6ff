package calibrate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
)

// Calibration is the loader's cost on one machine.
type Calibration struct {
	// Schema is results.Schema.
	Schema int `json:"schema"`
	// Fingerprint is the fingerprint of Host and CPUs: the figures hold for no other.
	Fingerprint string           `json:"fingerprint"`
	Measured    time.Time        `json:"measured"`
	Joust       results.Build    `json:"joust"`
	Host        results.Host     `json:"host"`
	CPUs        results.CPUSplit `json:"cpus"`
	// Server is the folder of the server that answered.
	Server string `json:"server"`
	// Quick is true when windows were short.
	Quick bool         `json:"quick,omitempty"`
	Rows  []LoaderCost `json:"rows"`
	// Wakeups is absent where it was not measured.
	Wakeups *Wakeups `json:"wakeups,omitempty"`
}

// ErrNone is the error of a machine that has no calibration.
var ErrNone = errors.New("this machine has no stored calibration for this division of its CPUs: run joust calibrate")

// Fingerprint is a short hash of all facts on which the loader's cost depends: the
// processors and their settings, the kernel, and the loader's processors.
func Fingerprint(h results.Host, split results.CPUSplit) string {
	sum := sha256.New()
	for _, part := range []string{
		h.OS, h.Kernel, h.CPUModel, h.Topology, h.Virtualization, h.Governor, h.Turbo,
		fmt.Sprint(h.CPUs, split.Pinned, split.Shared), cpuset.Format(split.Loader),
	} {
		fmt.Fprintf(sum, "%d:%s\n", len(part), part)
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// Folder is the folder of this user's calibrations.
func Folder() (string, error) {
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder for calibrations: %w; set XDG_CACHE_HOME or HOME", err)
	}
	return filepath.Join(user, "joust", "calibrations"), nil
}

// Write stores the calibration in the folder, in place of an earlier one of the
// same machine, and returns the file's path.
func Write(folder string, c Calibration) (string, error) {
	path := file(folder, c.Fingerprint)
	data, err := json.MarshalIndent(c, "", "  ")
	if err == nil {
		err = os.MkdirAll(folder, 0o755)
	}
	if err == nil {
		err = files.Replace(path, append(data, '\n'))
	}
	if err != nil {
		return "", fmt.Errorf("storing the calibration: %w", err)
	}
	return path, nil
}

// CanWrite makes the folder and returns an error where Write could not store in it.
func CanWrite(folder string) error {
	err := os.MkdirAll(folder, 0o755)
	if err == nil {
		err = files.CanWriteIn(folder)
	}
	if err != nil {
		return fmt.Errorf("calibrations are stored in %s: %w; XDG_CACHE_HOME names another place", folder, err)
	}
	return nil
}

// Read returns the stored calibration of the fingerprint, ErrNone when there
// is none.
func Read(folder, fingerprint string) (Calibration, error) {
	var c Calibration
	path := file(folder, fingerprint)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, ErrNone
	}
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	switch {
	case err != nil:
		return c, fmt.Errorf("reading the calibration %s: %w: run joust calibrate anew", path, err)
	case c.Schema > results.Schema:
		return c, fmt.Errorf("the calibration %s was written by a newer joust: run joust calibrate anew", path)
	case c.Fingerprint != fingerprint:
		return c, fmt.Errorf("the calibration %s is of another machine: run joust calibrate anew", path)
	}
	return c, nil
}

// Stored is this user's calibration of the host and the split of its CPUs,
// ErrNone when there is none.
func Stored(h results.Host, split results.CPUSplit) (Calibration, error) {
	folder, err := Folder()
	if err != nil {
		return Calibration{}, err
	}
	return Read(folder, Fingerprint(h, split))
}

func file(folder, fingerprint string) string {
	return filepath.Join(folder, fingerprint+".json")
}
