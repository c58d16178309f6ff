package sample

import (
	"os"
	"path/filepath"
	"testing"
)

// zone writes the files of one energy zone.
func zone(t *testing.T, folder, id, name, now, largest string) {
	t.Helper()
	dir := filepath.Join(folder, id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"name": name, "energy_uj": now, "max_energy_range_uj": largest} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEnergyOfPackages(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	zone(t, folder, "intel-rapl:0", "package-0", "1000000", "262143328850")
	zone(t, folder, "intel-rapl:1", "package-1", "999000000", "1000000000")
	zone(t, folder, "intel-rapl:0:0", "core", "5", "262143328850")
	zone(t, folder, "intel-rapl:2", "psys", "7", "262143328850")
	first := readEnergy(folder)
	// Package 0 used 2.5 J; package 1 reached its range after 1 J and began again.
	zone(t, folder, "intel-rapl:0", "package-0", "3500000", "262143328850")
	zone(t, folder, "intel-rapl:1", "package-1", "500000", "1000000000")
	zone(t, folder, "intel-rapl:0:0", "core", "999999", "262143328850")
	used := first.until(readEnergy(folder))
	if used == nil || *used != 4 {
		t.Errorf("used %v J, want 4", used)
	}
}

func TestEnergyIsAbsentWhereItCannotBeRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if used := readEnergy(folder).until(readEnergy(folder)); used != nil {
		t.Errorf("a machine without counters used %v J", *used)
	}
	zone(t, folder, "intel-rapl:0", "package-0", "1", "10")
	first := readEnergy(folder)
	zone(t, folder, "intel-rapl:0", "package-0", "no number", "10")
	if used := first.until(readEnergy(folder)); used != nil {
		t.Errorf("an unreadable counter gave %v J", *used)
	}
	zone(t, folder, "intel-rapl:0", "package-0", "2", "10")
	zone(t, folder, "intel-rapl:1", "package-1", "2", "10")
	if used := first.until(readEnergy(folder)); used != nil {
		t.Errorf("a package that came later gave %v J", *used)
	}
}
