package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
)

// Container holds the settings of a server in a container.
type Container struct {
	// Entrypoint replaces the image's program; Args are its arguments.
	Entrypoint []string `yaml:"entrypoint" json:"entrypoint,omitempty"`
	// Network is "host", the default, where the container shares this
	// machine's network, or "published", where Port is published over a
	// bridge.
	Network string `yaml:"network" json:"network,omitempty"`
	// Port is one that the image always listens on; 0 means that Args or Env pass
	// it the Port of Launch.
	Port int `yaml:"port" json:"port,omitempty"`
	// Memory is the memory limit, such as 512MB; none by default.
	Memory Bytes `yaml:"memory" json:"memory_bytes,omitempty"`
	// Mounts shows files and folders of this machine in the container, read-only:
	// path in the container → path here, a template over Launch, relative to the
	// server's folder. The folder of Files always has its own path there.
	Mounts map[string]string `yaml:"mounts" json:"mounts,omitempty"`
}

// Bytes is an amount of memory, in bytes.
type Bytes int64

// UnmarshalText parses a number with its unit.
func (b *Bytes) UnmarshalText(text []byte) error {
	number := strings.TrimRight(string(text), "kMGiB")
	unit, known := map[string]int64{
		"kB": 1e3, "MB": 1e6, "GB": 1e9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "kiB": 1 << 10,
	}[strings.TrimPrefix(string(text), number)]
	n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
	if err != nil || !known || n <= 0 {
		return fmt.Errorf("%q is no amount of memory; write it with its unit, such as 512MB or 2GiB", text)
	}
	*b = Bytes(n * unit)
	return nil
}

// leastMemory is the smallest limit that engines take.
const leastMemory = 6 << 20

// Mount shows a file or folder of this machine in a container.
type Mount struct{ Source, Target string }

// HasImage reports whether the server is an image, which cannot be a process.
func (m *Manifest) HasImage() bool { return m.Image != "" || m.Dockerfile != "" }

// DefaultIsolation returns the isolation of a server for which the user asks for
// none.
func (m *Manifest) DefaultIsolation() string {
	if m.HasImage() || m.Isolation == results.IsolationContainer {
		return results.IsolationContainer
	}
	return results.IsolationProcess
}

// CannotBe returns the reason why the server cannot run in that isolation, or "".
func (m *Manifest) CannotBe(isolation string) string {
	switch {
	case isolation == results.IsolationProcess && m.HasImage():
		return m.Name + " is an image and runs in a container only"
	case isolation == results.IsolationContainer && len(m.Command) > 0:
		return m.Name + " is a program of this machine, and no image: a server.yaml with image or dockerfile would be one"
	case isolation == results.IsolationContainer && m.URL != "":
		return m.Name + " runs already, where it runs"
	}
	return ""
}

// Network returns "" for a container on this machine's own network, or
// results.NetworkPublished.
func (m *Manifest) Network() string {
	if m.Container != nil && m.Container.Network == results.NetworkPublished {
		return results.NetworkPublished
	}
	return ""
}

// ResolveContainer fills in the manifest's templates for a container and writes
// its files into launch.Dir. The data set has its own path in the container. The command has no program: the image has one, or the
// container's entrypoint.
func ResolveContainer(m Manifest, launch Launch) (Command, []Mount, error) {
	launch = m.known(launch, "")
	command, err := fill(m, launch, nil)
	if err != nil {
		return Command{}, nil, err
	}
	var mounts []Mount
	if launch.Data != "" {
		mounts = append(mounts, Mount{Source: launch.Data, Target: launch.Data})
	}
	if len(m.Files) > 0 {
		// The container's user may be another than joust's.
		if err := os.Chmod(launch.Dir, 0o755); err != nil {
			return Command{}, nil, fmt.Errorf("opening the folder of %s's files to its container: %w", m.Name, err)
		}
		mounts = append(mounts, Mount{Source: launch.Dir, Target: launch.Dir})
	}
	if m.Container == nil {
		return command, mounts, nil
	}
	for _, target := range slices.Sorted(maps.Keys(m.Container.Mounts)) {
		source, err := render("container.mounts", m.Container.Mounts[target], launch)
		if err != nil {
			return Command{}, nil, fmt.Errorf("%s: fill in container.mounts: %w", filepath.Join(m.Dir, ManifestName), err)
		}
		if !filepath.IsAbs(source) {
			source = filepath.Join(m.Dir, source)
		}
		if _, err := os.Stat(source); err != nil {
			return Command{}, nil, fmt.Errorf("mount %s of %s: %w", target, m.Name, err)
		}
		mounts = append(mounts, Mount{Source: source, Target: target})
	}
	return command, mounts, nil
}

// checkContainer checks the keys about containers.
func (c *checker) checkContainer() {
	if c.doc.Has("isolation") {
		c.checkWord("isolation", "isolation", c.m.Isolation, []string{results.IsolationProcess, results.IsolationContainer})
		why := c.m.CannotBe(c.m.Isolation)
		c.doc.ReportIf(why != "", "isolation", "isolation: %s", why)
	}
	c.doc.ReportIf(c.m.HasImage() && c.doc.Has("needs"), "needs", "needs has no meaning for an image, which holds all that it needs")
	c.doc.ReportIf(c.doc.Has("image") && strings.TrimSpace(c.m.Image) == "", "image", "image needs a name, such as nginx:1.28 or nginx@sha256:…")
	if c.doc.Has("dockerfile") {
		c.checkDockerfile()
	}
	contained := c.m.HasImage() || c.m.Go != ""
	c.doc.ReportIf(c.doc.Has("container") && !contained, "container", "container has a meaning only beside go, image or dockerfile")
	if c.m.Container != nil {
		c.checkContainerKeys(c.m.Container)
	}
}

func (c *checker) checkDockerfile() {
	if !filepath.IsLocal(c.m.Dockerfile) {
		c.doc.Report("dockerfile", "dockerfile: %q must be a folder within the server's folder, such as .", c.m.Dockerfile)
		return
	}
	_, err := os.Stat(filepath.Join(c.m.Dir, c.m.Dockerfile, "Dockerfile"))
	c.doc.ReportIf(errors.Is(err, fs.ErrNotExist), "dockerfile", "dockerfile: there is no Dockerfile in %s of the server's folder", c.m.Dockerfile)
}

func networks() []string { return []string{"host", results.NetworkPublished} }

func (c *checker) checkContainerKeys(k *Container) {
	if c.doc.Has("container.network") {
		c.checkWord("container.network", "network", k.Network, networks())
	}
	c.doc.ReportIf(k.Port < 0 || k.Port > 65535, "container.port", "container.port is %d; ports go from 1 to 65535", k.Port)
	c.doc.ReportIf(k.Network == results.NetworkPublished && k.Port == 0, "container.network", "container.network: published needs container.port, the port that the image listens on")
	c.doc.ReportIf(k.Memory != 0 && k.Memory < leastMemory, "container.memory", "container.memory is %d bytes, and engines take at least %d", int64(k.Memory), int64(leastMemory))
	for _, target := range slices.Sorted(maps.Keys(k.Mounts)) {
		at := "container.mounts." + target
		c.doc.ReportIf(!path.IsAbs(target), at, "container.mounts: %q must be an absolute path in the container", target)
		c.checkTemplate(at, k.Mounts[target], &c.starting)
	}
}
