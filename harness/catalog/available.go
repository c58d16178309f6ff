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

// Available returns an error that names what the server needs and this machine does not
// have: a single thing with its package, several by their packages alone.
func Available(m Manifest) error {
	var missing, packaged []string
	for _, n := range m.allNeeds() {
		why := n.missing(m.Dir)
		switch {
		case why == "" || slices.Contains(missing, why):
		case n.Package == "":
			missing = append(missing, why)
		case !slices.Contains(packaged, why):
			packaged = append(packaged, why)
		}
	}
	if packages := m.MissingPackages(); len(packages) > 1 {
		missing = append(missing, "install the packages "+strings.Join(packages, ", "))
	} else {
		missing = append(missing, packaged...)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%s cannot run here: %s", m.Name, strings.Join(missing, "; "))
	}
	return nil
}

// Packages returns the Debian packages that bring what the server needs, in order.
func (m *Manifest) Packages() []string {
	var list []string
	for _, n := range m.allNeeds() {
		if n.Package != "" {
			list = append(list, n.Package)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// MissingPackages returns the packages of what is not there, in order.
func (m *Manifest) MissingPackages() []string {
	missing := *m
	missing.Needs, missing.Go, missing.Command, missing.Build = slices.DeleteFunc(m.allNeeds(), func(n Need) bool { return n.missing(m.Dir) == "" }), "", nil, nil
	return missing.Packages()
}

// allNeeds returns what the server needs to run and to be built, the programs of its
// commands included.
func (m *Manifest) allNeeds() []Need {
	needs := slices.Clone(m.Needs)
	if m.Go != "" {
		needs = append([]Need{{Program: "go", Package: "golang-go"}}, needs...)
	}
	commands := [][]string{m.Command}
	if m.Build != nil {
		needs = append(needs, m.Build.Needs...)
		commands = append(commands, m.Build.Command)
	}
	for _, command := range commands {
		if len(command) == 0 || strings.Contains(command[0], "{{") {
			continue // the build makes it
		}
		if !slices.ContainsFunc(needs, func(n Need) bool { return n.Program == command[0] }) {
			needs = append([]Need{{Program: command[0]}}, needs...)
		}
	}
	return needs
}

// paths returns the files that the need names and that are there.
func (n Need) paths(dir string) []string {
	if n.File != "" {
		paths, _ := filepath.Glob(n.File) // a bad pattern is reported with the manifest
		return paths
	}
	if path, err := lookPath(n.Program, dir); err == nil {
		return []string{path}
	}
	return nil
}

// missing says in words what the machine lacks, "" where nothing is missing.
func (n Need) missing(dir string) string {
	if n.File != "" {
		if len(n.paths(dir)) > 0 {
			return ""
		}
		return n.File + " is not there (" + n.remedy() + ")"
	}
	_, err := lookPath(n.Program, dir)
	switch {
	case err == nil:
		return ""
	case errors.Is(err, fs.ErrPermission):
		return fmt.Sprintf("%s is not executable (chmod +x %[1]s)", filepath.Join(dir, n.Program))
	case n.remedy() != "" && filepath.IsAbs(n.Program):
		return n.Program + " is not there (" + n.remedy() + ")"
	case n.remedy() != "":
		return n.Program + " is not on PATH (" + n.remedy() + ")"
	}
	return n.Program + " is neither beside " + ManifestName + " nor on PATH"
}

// remedy says how to get what is missing, "" where the manifest does not say it.
func (n Need) remedy() string {
	if n.Package == "" {
		return n.Hint
	}
	return "install the package " + n.Package
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
