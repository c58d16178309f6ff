package catalog

import (
	"errors"
	"fmt"
	"io/fs"
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
		_, err := lookPath(n.Program, m.Dir)
		if err == nil {
			continue
		}
		missing = append(missing, n.missing(m.Dir, err))
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s cannot run here: %s", m.Name, strings.Join(missing, "; "))
	}
	return nil
}

// missing says in words why the program cannot be had, after the error of its search.
func (n Need) missing(dir string, err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("%s is not executable (chmod +x %[1]s)", filepath.Join(dir, n.Program))
	case n.Package != "":
		return n.Program + " is not on PATH (install the package " + n.Package + ")"
	}
	return n.Program + " is neither beside " + ManifestName + " nor on PATH"
}

// lookPath finds a program in the server's folder dir, on PATH, or in the folders
// of system programs, which the PATH of Debian's ordinary users lacks (nginx is
// there). A name with a slash is relative to dir.
func lookPath(program, dir string) (string, error) {
	if filepath.IsAbs(program) {
		return exec.LookPath(program)
	}
	path, err := exec.LookPath(filepath.Join(dir, program))
	if err == nil || errors.Is(err, fs.ErrPermission) || strings.ContainsRune(program, os.PathSeparator) {
		return path, err
	}
	path, err = exec.LookPath(program)
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
