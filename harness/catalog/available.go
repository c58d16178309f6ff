package catalog

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Available returns an error that names every program that the server needs and
// this machine does not have, with its package.
func Available(m Manifest) error {
	needs := m.Needs
	if m.Go != "" {
		needs = append([]Need{{Program: "go", Package: "golang-go"}}, needs...)
	}
	if len(m.Command) > 0 && !slices.ContainsFunc(needs, func(n Need) bool { return n.Program == m.Command[0] }) {
		needs = append([]Need{{Program: m.Command[0]}}, needs...)
	}
	var missing []string
	for _, n := range needs {
		if _, err := lookPath(n.Program, m.Dir); err == nil {
			continue
		}
		text := n.Program + " is not on PATH"
		if n.Package != "" {
			text += " (install the package " + n.Package + ")"
		}
		missing = append(missing, text)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s cannot run here: %s", m.Name, strings.Join(missing, "; "))
	}
	return nil
}

// lookPath finds a program on PATH or in the folders of system programs, which
// the PATH of Debian's ordinary users lacks (nginx is there). A name with a slash
// is relative to dir.
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
