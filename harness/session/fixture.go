package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/surroundings"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/suggest"
)

// buildLines is the time between two lines about a long build.
const buildLines = 5 * time.Second

// Isolated is a server in one isolation, under a name of its own.
type Isolated struct {
	catalog.Manifest
	// Name is the manifest's, with the isolation where a server comes in two.
	Name string
	// Isolation is results.IsolationProcess or results.IsolationContainer.
	Isolation string
	// Env are the user's variables for it.
	Env map[string]string
}

// Isolate returns each server once for each of the isolations that it can have,
// or as its manifest says without isolations. It returns a server that can have
// none of them once.
func Isolate(manifests []catalog.Manifest, isolations []string, env map[string]string) ([]Isolated, error) {
	known := []string{results.IsolationProcess, results.IsolationContainer}
	for _, isolation := range isolations {
		if !slices.Contains(known, isolation) {
			return nil, Usage(fmt.Errorf("--isolation: unknown isolation %q%s", isolation, suggest.Hint(isolation, known)))
		}
	}
	var list []Isolated
	for _, m := range manifests {
		wanted := isolations
		if len(wanted) == 0 {
			wanted = []string{m.DefaultIsolation()}
		}
		possible := slices.DeleteFunc(slices.Clone(wanted), func(isolation string) bool { return m.CannotBe(isolation) != "" })
		if len(possible) == 0 {
			possible = wanted[:1] // Unavailable says why not
		}
		for i, isolation := range possible {
			s := Isolated{Manifest: m, Name: m.Name, Isolation: isolation, Env: env}
			if i > 0 {
				s.Name += "-" + isolation
			}
			list = append(list, s)
		}
	}
	return list, nil
}

// Unavailable says why the server cannot run here in its isolation, empty when
// it can.
func (o *Opener) Unavailable(s Isolated) string {
	if err := catalog.Available(s.Manifest); err != nil {
		return err.Error()
	}
	if why := s.CannotBe(s.Isolation); why != "" || s.Isolation != results.IsolationContainer {
		return why
	}
	return o.noContainers()
}

// noContainers says why containers cannot run here, empty when they can.
func (o *Opener) noContainers() string {
	if _, err := o.Engine(); err != nil {
		return err.Error()
	}
	return ""
}

// Fixture makes the server ready to be started: it builds the program, and gets
// the image where the server is isolated in a container.
func (o *Opener) Fixture(ctx context.Context, s Isolated) (f launch.Fixture, image container.Image, err error) {
	f = launch.Fixture{Manifest: s.Manifest, Env: s.Env}
	if f.Built, err = o.Build(ctx, s.Manifest); err != nil || s.Isolation != results.IsolationContainer {
		return f, image, err
	}
	image, err = o.Image(ctx, s.Manifest, f.Built)
	f.Image = image.ID
	return f, image, err
}

// paced returns a function that shows a line, unless it showed one just now.
func (o *Opener) paced() func(format string, args ...any) {
	var last time.Time
	return func(format string, args ...any) {
		if time.Since(last) > buildLines {
			last = time.Now()
			o.Say(format, args...)
		}
	}
}

// Build builds what the server's manifest says, and returns its path; "" where there is
// nothing to build. It shows its progress.
func (o *Opener) Build(ctx context.Context, m catalog.Manifest) (built string, err error) {
	if m.Go == "" && m.Build == nil {
		return "", nil
	}
	if o.builder == nil {
		if o.builder, err = catalog.NewBuilder(""); err != nil {
			return "", err
		}
	}
	p := buildProgress{what: "building " + m.Name, packages: m.Go != "", began: time.Now(), show: o.paced()}
	stop := p.tick()
	built, err = o.builder.Build(ctx, m, p.line)
	stop()
	if err == nil && p.lines > 0 {
		o.Say("built %s in %s", m.Name, time.Since(p.began).Round(100*time.Millisecond))
	}
	return built, err
}

// buildProgress shows the progress of one build, whether or not its tool prints
// anything.
type buildProgress struct {
	what string
	// packages is true where each line of the tool is a compiled package.
	packages bool
	began    time.Time

	mu    sync.Mutex // guards what follows
	lines int
	show  func(format string, args ...any)
}

// line is called with every line of the tool.
func (p *buildProgress) line(string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines++
	p.report()
}

// report shows how far the build is.
func (p *buildProgress) report() {
	text := p.what
	if p.packages && p.lines > 1 {
		text += fmt.Sprintf(": %d packages compiled", p.lines)
	}
	if since := time.Since(p.began).Truncate(time.Second); since > 0 {
		text += ", " + since.String()
	}
	p.show("%s", text)
}

// tick shows every second that a build that has begun goes on, until stop is called.
func (p *buildProgress) tick() (stop func()) {
	ticker, done, ended := time.NewTicker(time.Second), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				p.mu.Lock()
				if p.lines > 0 {
					p.report()
				}
				p.mu.Unlock()
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(done)
		<-ended
	}
}

// Image makes the server ready for its container: it finds, pulls or builds the
// image.
func (o *Opener) Image(ctx context.Context, m catalog.Manifest, binary string) (image container.Image, err error) {
	engine, err := o.Engine()
	if err != nil {
		return image, fmt.Errorf("%s needs a container: %w", m.Name, err)
	}
	began, lines, show := time.Now(), 0, o.paced()
	progress := func(line string) {
		lines++
		show("image of %s: %s", m.Name, line)
	}
	switch {
	case m.Image != "":
		image, err = engine.Find(ctx, m.Image, progress)
	case m.Dockerfile != "":
		image, err = engine.Build(ctx, m.Name, filepath.Join(m.Dir, m.Dockerfile), progress)
	default:
		image, err = engine.Wrap(ctx, m.Name, binary, progress)
	}
	if err == nil && lines > 0 {
		o.Say("image of %s is ready after %s", m.Name, time.Since(began).Round(100*time.Millisecond))
	}
	return image, err
}

// Versions returns the versions of the fixture's parts, its image included. Where
// one of them is unknown, it returns the others together with the error.
func Versions(ctx context.Context, f launch.Fixture, image container.Image) (map[string]string, error) {
	versions, err := catalog.Versions(ctx, f.Manifest, f.Built, versionEnv(f))
	if f.Image != "" {
		versions["image"], versions["engine"] = image.Version, image.Engine
	}
	return versions, err
}

// versionEnv returns the environment of commands that print the versions of a
// server: the server's own, without values that are known only when it starts.
func versionEnv(f launch.Fixture) []string {
	own := map[string]string{}
	for name, value := range f.Manifest.Env {
		if !strings.Contains(value, "{{") {
			own[name] = value
		}
	}
	return surroundings.Pairs(surroundings.Merge(surroundings.ForProcess(os.LookupEnv, os.TempDir()), own, f.Env))
}
