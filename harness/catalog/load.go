package catalog

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/results/suggest"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/strictyaml"
)

// ManifestName is the file that makes a folder a server.
const ManifestName = "server.yaml"

// mostText bounds a manifest and each of its templates, in bytes.
const mostText = 1 << 20

// The defaults of a manifest.
const (
	defaultStartTimeout = 10 * time.Second
	defaultStopTimeout  = time.Second
	defaultWarmupCap    = 2 * time.Second
)

// Servers holds servers with unique names, in the order of names.
type Servers struct {
	all    []Manifest
	broken []Broken
}

// Broken is a server whose manifest cannot be used. The others do not suffer from it.
type Broken struct {
	Name string
	// Err holds the mistakes: a strictyaml.Problems for those of the manifest.
	Err error
}

// Broken returns the servers that cannot be used, in the order of names.
func (s *Servers) Broken() []Broken { return slices.Clone(s.broken) }

// Names lists the servers' names in order.
func (s *Servers) Names() []string {
	names := make([]string, len(s.all))
	for i := range s.all {
		names[i] = s.all[i].Name
	}
	return names
}

// All returns the manifests in the order of names. The slice is the caller's; the
// manifests' own slices and maps are shared and must not be changed.
func (s *Servers) All() []Manifest { return slices.Clone(s.all) }

func (s *Servers) sort() {
	slices.SortFunc(s.all, func(a, b Manifest) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(s.broken, func(a, b Broken) int { return strings.Compare(a.Name, b.Name) })
}

// Find returns the server of that name, shared and not to be changed. The
// error holds the mistakes of a broken server, or names the nearest one.
func (s *Servers) Find(name string) (*Manifest, error) {
	for i := range s.all {
		if s.all[i].Name == name {
			return &s.all[i], nil
		}
	}
	for _, b := range s.broken {
		if b.Name == name {
			return nil, fmt.Errorf("server %s is broken: %w", name, b.Err)
		}
	}
	return nil, errors.New(suggest.Unknown("server", name, s.Names()))
}

// Load reads the manifest of every folder with a server.yaml in dirs. One of dirs
// may also be the folder of one server. Manifests may name the given rows alone. A
// manifest with mistakes makes its own server broken; an error is one of dirs.
func Load(rows scenarios.Rows, dirs ...string) (*Servers, error) {
	servers := &Servers{}
	seen := map[string]bool{}
	for _, dir := range dirs {
		files, err := manifestsIn(dir, seen)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			servers.read(file, rows)
		}
	}
	servers.sort()
	return servers, nil
}

// read adds the server of one manifest, with its variants.
func (s *Servers) read(file string, rows scenarios.Rows) {
	m, problems, err := readManifest(file, rows)
	if err == nil {
		err = problems.Err()
	}
	if err == nil {
		for _, v := range m.variants() {
			s.add(v, nil)
		}
	}
	s.add(m, err)
}

// add adds one server. Two servers of one name are broken both, since nobody knows
// which of them is meant.
func (s *Servers) add(m Manifest, err error) {
	name := m.Name
	if i := slices.IndexFunc(s.all, func(m Manifest) bool { return m.Name == name }); i >= 0 {
		err = errors.Join(err, fmt.Errorf("%s and %s have the same name; rename one of them", s.all[i].origin(), m.origin()))
		s.all = slices.Delete(s.all, i, i+1)
	} else if slices.ContainsFunc(s.broken, func(b Broken) bool { return b.Name == name }) {
		err = errors.Join(err, fmt.Errorf("%s has the name of another broken server; rename one of them", m.origin()))
	}
	if err != nil {
		s.broken = append(s.broken, Broken{Name: name, Err: err})
		return
	}
	s.all = append(s.all, m)
}

// origin says where the server is from.
func (m *Manifest) origin() string {
	if m.Name != m.Folder() {
		return "the variant " + m.Name + " of " + m.Dir
	}
	return m.Dir
}

// manifestsIn returns the manifests of the folders in dir, or dir's own where dir is
// the folder of one server. It leaves out those that were seen before, perhaps under
// another name.
func manifestsIn(dir string, seen map[string]bool) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no folder %s; the folder of a server holds its %s", dir, ManifestName)
	}
	if err != nil {
		return nil, fmt.Errorf("read the servers folder: %w", err)
	}
	folders := []string{dir}
	for _, e := range entries {
		folders = append(folders, filepath.Join(dir, e.Name()))
	}
	var files []string
	known := false
	for i, folder := range folders {
		file := filepath.Join(folder, ManifestName)
		real, err := filepath.EvalSymlinks(file)
		if err == nil {
			real, err = filepath.Abs(real)
		}
		switch {
		case err == nil && seen[real]:
			known = true
		case err == nil:
			seen[real] = true
			files = append(files, file)
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			files = append(files, file) // reading it gives the reason
		}
		if i == 0 && err == nil {
			break // the folders of one server are no servers
		}
	}
	if len(files) == 0 && !known {
		return nil, fmt.Errorf("no servers in %s: neither it nor any of its folders has a %s", dir, ManifestName)
	}
	return files, nil
}

// readManifest reads one manifest and its mistakes. The manifest has its name even
// with an error.
func readManifest(file string, rows scenarios.Rows) (Manifest, strictyaml.Problems, error) {
	dir, err := filepath.Abs(filepath.Dir(file))
	if err != nil {
		return Manifest{}, nil, fmt.Errorf("find the manifest's folder: %w", err)
	}
	data, err := files.Read(file, mostText)
	if err != nil {
		return Manifest{Name: filepath.Base(dir), Dir: dir}, nil, fmt.Errorf("read the manifest: %w", err)
	}
	m, problems := parseManifest(file, dir, data, rows)
	return m, problems, nil
}

// parseManifest reads and validates the manifest of the server in dir, an
// absolute path. The file's name is for messages.
func parseManifest(file, dir string, data []byte, rows scenarios.Rows) (Manifest, strictyaml.Problems) {
	m := Manifest{StartTimeout: defaultStartTimeout, StopTimeout: defaultStopTimeout, WarmupCap: defaultWarmupCap}
	doc := strictyaml.Decode(file, data, &m)
	m.Name, m.Dir = filepath.Base(dir), dir
	c := checker{m: &m, doc: doc, rows: rows, file: file}
	c.check()
	m.Scenarios = c.claimed()
	return m, append(doc.Problems(), c.inTemplates...)
}

// ValidName reports whether a folder's name can stand in tables, file names and
// command lines.
func ValidName(name string) bool {
	return regexp.MustCompile(`^[a-z0-9_][a-z0-9_.-]*$`).MatchString(name)
}

// LoadOne reads the manifest of the server in dir.
func LoadOne(rows scenarios.Rows, dir string) (Manifest, error) {
	m, problems, err := readManifest(filepath.Join(dir, ManifestName), rows)
	if err != nil {
		return Manifest{}, err
	}
	return m, problems.Err()
}
