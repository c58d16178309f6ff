package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// recipe returns the folder in which the manifest's build command has made its output.
func (b *Builder) recipe(ctx context.Context, m Manifest, progress func(string)) (string, error) {
	key, err := recipeKey(ctx, m)
	if err != nil {
		return "", fmt.Errorf("build %s: read its inputs: %w", m.Name, err)
	}
	return b.cached(m.Folder(), key, func(tmp string) (string, error) {
		out := filepath.Join(tmp, "out")
		err := cook(ctx, m, tmp, out, progress)
		if err == nil {
			err = unchanged(ctx, m, key)
		}
		if err != nil {
			return "", fmt.Errorf("build %s: %w", m.Name, err)
		}
		return out, nil
	})
}

// cook runs the build command in the folder out of tmp.
func cook(ctx context.Context, m Manifest, tmp, out string, progress func(string)) error {
	scratch := filepath.Join(tmp, "tmp")
	if err := errors.Join(os.Mkdir(out, 0o755), os.Mkdir(scratch, 0o755)); err != nil {
		return err
	}
	argv, err := words("build.command", m, m.Build.Command, Launch{Out: out, Source: m.Dir, Params: m.Params})
	if err != nil {
		return err
	}
	tool, err := lookPath(argv[0], m.Dir)
	if err != nil {
		return fmt.Errorf("find its tool: %w", err)
	}
	if progress != nil {
		progress(strings.Join(argv, " ")) // many tools print nothing
	}
	cmd := exec.CommandContext(ctx, tool, argv[1:]...)
	cmd.Dir, cmd.Env = out, append(os.Environ(), "TMPDIR="+scratch)
	if err := runTool(ctx, cmd, progress); err != nil {
		if ctx.Err() == nil {
			err = fmt.Errorf("%s: %w", strings.Join(argv, " "), err)
		}
		return err
	}
	if exists(filepath.Join(out, m.Build.Output)) {
		return nil
	}
	return fmt.Errorf("%s:%d: build.output: the command succeeded and did not make %s in {{.Out}}, which holds %s",
		filepath.Join(m.Dir, ManifestName), m.Build.line, m.Build.Output, contents(out))
}

// contents lists the entries of a folder.
func contents(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "what cannot be read: " + err.Error()
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	if len(names) == 0 {
		return "nothing"
	}
	return strings.Join(names, ", ")
}

// unchanged returns an error where the inputs no longer have that key. What was built
// would be found later under the key of other inputs.
func unchanged(ctx context.Context, m Manifest, key string) error {
	now, err := recipeKey(ctx, m)
	if err == nil && now != key {
		err = fmt.Errorf("the files of build.inputs changed while they were built; a build writes to {{.Out}} alone; build again")
	}
	return err
}

// recipeKey returns a hash over everything that decides on what a recipe makes: the
// command, the inputs, and the tools.
func recipeKey(ctx context.Context, m Manifest) (string, error) {
	// The places of the folders do not count.
	argv, err := words("build.command", m, m.Build.Command, Launch{Out: "/out", Source: "/source", Params: m.Params})
	if err != nil {
		return "", err
	}
	h := sha256.New()
	writeParts(h, append([]string{"joust recipe 1", m.Build.Output}, argv...)...)
	for _, pattern := range m.Build.Inputs {
		if err := hashInputs(h, m.Dir, pattern); err != nil {
			return "", err
		}
	}
	needs := slices.Concat(m.Build.Needs, []Need{{Program: argv[0]}})
	for _, n := range needs {
		for _, path := range n.paths(m.Dir) {
			hashTool(h, path)
		}
	}
	writeParts(h, packageVersions(ctx, needs)...)
	return hex.EncodeToString(h.Sum(nil))[:keyLength], nil
}

// hashInputs hashes the files that match a pattern in the server's folder.
func hashInputs(w io.Writer, dir, pattern string) error {
	paths, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return fmt.Errorf("no file matches %q of build.inputs in %s", pattern, dir)
	}
	for _, path := range paths {
		err := filepath.WalkDir(path, func(file string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return hashFile(w, dir, file)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// hashTool hashes the path behind the links, the size and the time of a tool: they differ
// between its versions, and the tool need not be read.
func hashTool(w io.Writer, path string) {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return // Available reports a tool that is not there
	}
	if info, err := os.Stat(real); err == nil {
		writeParts(w, real, fmt.Sprint(info.Size()), info.ModTime().UTC().String())
	}
}

// packageVersions returns the versions of the needs' Debian packages, none on a system
// without them.
func packageVersions(ctx context.Context, needs []Need) []string {
	names := map[string]bool{}
	for _, n := range needs {
		if n.Package != "" {
			names[n.Package] = true
		}
	}
	query, err := exec.LookPath("dpkg-query")
	if err != nil || len(names) == 0 {
		return nil
	}
	args := append([]string{"-W", "-f", `${Package} ${Version}\n`, "--"}, slices.Sorted(maps.Keys(names))...)
	// The status is an error where one package is not installed; the others are
	// printed nevertheless.
	printed, _ := exec.CommandContext(ctx, query, args...).Output()
	return strings.Split(string(printed), "\n")
}

// words returns the words of a command with their templates filled in.
func words(key string, m Manifest, templates []string, launch Launch) ([]string, error) {
	argv := make([]string, len(templates))
	for i, text := range templates {
		at := fmt.Sprintf("%s[%d]", key, i)
		word, err := render(at, text, launch)
		if err != nil {
			return nil, fmt.Errorf("%s: fill in %s: %w", filepath.Join(m.Dir, ManifestName), at, err)
		}
		argv[i] = word
	}
	return argv, nil
}
