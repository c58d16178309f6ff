package catalog

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/joust-bench/joust/results/files"
)

// Command is the command line of a server.
type Command struct {
	// Argv begins with the path of the program.
	Argv []string
	// Env holds the manifest's variables as KEY=VALUE, in the order of keys.
	Env []string
	// Dir is the working directory: the server's temporary folder.
	Dir string
}

// Resolve fills in the manifest's templates and writes its files into
// launch.Dir. built is what Builder.Build returned, empty where there is nothing to
// build. Source and Params are always the manifest's.
func Resolve(m Manifest, launch Launch, built string) (Command, error) {
	launch = m.known(launch, built)
	argv, err := program(m, launch, built)
	if err != nil {
		return Command{}, err
	}
	return fill(m, launch, argv)
}

// known returns the launch with what the manifest knows.
func (m *Manifest) known(launch Launch, built string) Launch {
	launch.Source, launch.Params = m.Dir, m.Params
	if m.Build != nil {
		launch.Built = built
	}
	return launch
}

// fill appends the arguments to argv with their templates filled in, and writes
// the files.
func fill(m Manifest, launch Launch, argv []string) (Command, error) {
	manifest := filepath.Join(m.Dir, ManifestName)
	args, err := words("args", m, m.Args, launch)
	if err != nil {
		return Command{}, err
	}
	var env []string
	for _, key := range slices.Sorted(maps.Keys(m.Env)) {
		value, err := render("env."+key, m.Env[key], launch)
		if err != nil {
			return Command{}, fmt.Errorf("%s: fill in env.%s: %w", manifest, key, err)
		}
		env = append(env, key+"="+value)
	}
	if err := writeFiles(m, launch); err != nil {
		return Command{}, err
	}
	return Command{Argv: append(argv, args...), Env: env, Dir: launch.Dir}, nil
}

// program returns the program with the first arguments of the manifest's command.
func program(m Manifest, launch Launch, built string) ([]string, error) {
	switch {
	case m.URL != "":
		return nil, fmt.Errorf("%s runs already, at %s: there is nothing to start", m.Name, m.URL)
	case m.HasImage():
		return nil, fmt.Errorf("%s is an image and has no program of this machine", m.Name)
	case m.Go != "":
		if built == "" {
			return nil, fmt.Errorf("%s is a Go program that was not built", m.Name)
		}
		return []string{built}, nil
	case m.Build != nil && built == "":
		return nil, fmt.Errorf("%s has a build that was not made", m.Name)
	}
	argv, err := words("command", m, m.Command, launch)
	if err != nil {
		return nil, err
	}
	if argv[0], err = lookPath(argv[0], m.Dir); err != nil {
		return nil, fmt.Errorf("find the program of %s: %w", m.Name, err)
	}
	for i, arg := range argv[1:] {
		argv[1+i] = beside(m.Dir, arg)
	}
	return argv, nil
}

// beside returns the path of the file in dir that arg names, or arg where it names
// none.
func beside(dir, arg string) string {
	if filepath.IsLocal(arg) {
		if path := filepath.Join(dir, arg); exists(path) {
			return path
		}
	}
	return arg
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// writeFiles writes the manifest's files into the temporary folder.
func writeFiles(m Manifest, launch Launch) error {
	if len(m.Files) > 0 && launch.Dir == "" {
		return fmt.Errorf("%s has files and no folder to write them to", m.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		source, target := filepath.Join(m.Dir, m.Files[name]), filepath.Join(launch.Dir, name)
		text, err := files.Read(source, mostText)
		if err != nil {
			return fmt.Errorf("read the template of files.%s of %s: %w", name, m.Name, err)
		}
		content, err := render(m.Files[name], string(text), launch)
		if err != nil {
			return fmt.Errorf("%s: fill in files.%s: %w", source, name, err)
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return fmt.Errorf("make the folder of files.%s of %s: %w", name, m.Name, err)
		}
		if err := os.WriteFile(target, []byte(content), 0o644); err != nil {
			return fmt.Errorf("write files.%s of %s: %w", name, m.Name, err)
		}
	}
	return nil
}
