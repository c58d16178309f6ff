package catalog

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// MissingError says what a server needs and this machine does not have.
type MissingError struct {
	Server string
	// Missing has at least one program; a Package may be empty where the
	// manifest names none.
	Missing []Need
}

// Error names the programs and the packages to install.
func (e *MissingError) Error() string {
	parts := make([]string, len(e.Missing))
	for i, n := range e.Missing {
		parts[i] = n.Program + " is not on PATH"
		if n.Package != "" {
			parts[i] += " (install the package " + n.Package + ")"
		}
	}
	return e.Server + " cannot run here: " + strings.Join(parts, "; ")
}

// Available tells what keeps the server from running here: nil, or a
// *MissingError with everything that is not installed.
func Available(m Manifest) error {
	needs := m.Needs
	if m.Go != "" {
		needs = append([]Need{{Program: "go", Package: "golang-go"}}, needs...)
	}
	if len(m.Command) > 0 && !slices.ContainsFunc(needs, func(n Need) bool { return n.Program == m.Command[0] }) {
		needs = append([]Need{{Program: m.Command[0]}}, needs...)
	}
	var missing []Need
	for _, n := range needs {
		if _, err := lookPath(n.Program, m.Dir); err != nil {
			missing = append(missing, n)
		}
	}
	if len(missing) > 0 {
		return &MissingError{Server: m.Name, Missing: missing}
	}
	return nil
}

// lookPath finds a program on PATH, or in the folders of system programs,
// which the PATH of ordinary users lacks on Debian (nginx is there). A name
// with a slash is relative to dir.
func lookPath(program, dir string) (string, error) {
	if strings.ContainsRune(program, os.PathSeparator) {
		if !filepath.IsAbs(program) {
			program = filepath.Join(dir, program)
		}
		return exec.LookPath(program)
	}
	path, err := exec.LookPath(program)
	if err == nil {
		return filepath.Abs(path)
	}
	for _, system := range []string{"/usr/local/sbin", "/usr/sbin", "/sbin"} {
		if path, err := exec.LookPath(filepath.Join(system, program)); err == nil {
			return path, nil
		}
	}
	return "", err
}
