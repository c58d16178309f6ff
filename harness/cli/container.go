package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
	"github.com/joust-bench/joust/harness/host/container"
	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios/suggest"
)

// guardCommand is the guard of a joust's containers: hidden, since joust starts
// it.
func (a *app) guardCommand() *cobra.Command {
	return &cobra.Command{
		Use: "guard", Hidden: true, Args: cobra.NoArgs,
		Short: "a guard: it removes joust's containers when joust is gone",
		RunE:  func(*cobra.Command, []string) error { return container.Guard(a.stdin) },
	}
}

// noContainers says why containers cannot run here, empty when they can.
func (a *app) noContainers() string {
	if _, err := a.engine(); err != nil {
		return err.Error()
	}
	return ""
}

// cannotBe are the isolations that the server cannot have, with the reasons.
func cannotBe(m *catalog.Manifest) map[string]string {
	reasons := map[string]string{}
	for _, isolation := range []string{results.IsolationProcess, results.IsolationContainer} {
		if why := m.CannotBe(isolation); why != "" {
			reasons[isolation] = why
		}
	}
	return reasons
}

// contain makes the server ready for its container: the image is found, pulled
// or built, with progress on standard error.
func (a *app) contain(ctx context.Context, m catalog.Manifest, binary string) (container.Image, error) {
	engine, err := a.engine()
	if err != nil {
		return container.Image{}, fmt.Errorf("%s needs a container: %w", m.Name, err)
	}
	began, told := time.Now(), time.Time{}
	progress := func(line string) {
		if told.IsZero() || time.Since(told) > buildTold {
			told = time.Now()
			fmt.Fprintf(a.stderr, "image of %s: %s\n", m.Name, line)
		}
	}
	var image container.Image
	switch {
	case m.Image != "":
		image, err = engine.Find(ctx, m.Image, progress)
	case m.Dockerfile != "":
		image, err = engine.Build(ctx, m.Name, filepath.Join(m.Dir, m.Dockerfile), progress)
	default:
		image, err = engine.Wrap(ctx, m.Name, binary, progress)
	}
	if err != nil {
		return container.Image{}, err
	}
	if !told.IsZero() {
		fmt.Fprintf(a.stderr, "image of %s is ready after %s\n", m.Name, time.Since(began).Round(100*time.Millisecond))
	}
	return image, nil
}

// noteImage adds to a server's versions what it runs in.
func noteImage(versions map[string]string, i container.Image) {
	versions["image"], versions["engine"] = i.Version, i.Engine
}

// containers is the host of those of the fixtures, and of the loader, that run
// in containers, nil where none does. Close ends it.
func (a *app) containers(fixtures map[string]fixture, foreign *external.Found) (h host.Host, end func() error, err error) {
	images := []string{}
	for _, f := range fixtures {
		images = append(images, f.Image)
	}
	if foreign != nil {
		images = append(images, foreign.Image)
	}
	for _, image := range images {
		if image == "" {
			continue
		}
		engine, err := a.engine()
		if err != nil {
			return nil, nil, err
		}
		own, err := container.NewHost(engine, nil)
		if err != nil {
			return nil, nil, err
		}
		return own, own.Close, nil
	}
	return nil, func() error { return nil }, nil
}

// fixtureOf builds the server's program, or its image where it is isolated in a
// container.
func (a *app) fixtureOf(ctx context.Context, b *catalog.Builder, s isolatedServer) (f fixture, err error) {
	f.Manifest, f.Env = s.Manifest, s.env
	if f.Binary, err = a.build(ctx, b, s.Manifest); err != nil || s.isolation != results.IsolationContainer {
		return f, err
	}
	image, err := a.contain(ctx, s.Manifest, f.Binary)
	f.Image = image.ID
	return f, err
}

// made is a server ready to be started, and the host of its container; without
// one that is nil. End ends the host.
func (a *app) made(ctx context.Context, b *catalog.Builder, s isolatedServer) (f fixture, containers host.Host, end func() error, err error) {
	if f, err = a.fixtureOf(ctx, b, s); err != nil {
		return f, nil, nil, err
	}
	containers, end, err = a.containers(map[string]fixture{s.name: f}, nil)
	return f, containers, end, err
}

// sweepContainers removes what dead jousts left. A machine whose engine does
// not answer has no say in runs without containers.
func (a *app) sweepContainers(ctx context.Context) ([]string, error) {
	engine, err := a.engine()
	if err != nil {
		return nil, nil
	}
	return engine.Sweep(ctx)
}

// isolatedServer is a server in one isolation, under the name that it has then.
type isolatedServer struct {
	catalog.Manifest
	name, isolation string
	// env are the variables of --env.
	env map[string]string
}

// isolated spreads servers over the isolations asked for, as plans do; without
// any, each is as its manifest says.
func isolated(manifests []catalog.Manifest, isolations []string) ([]isolatedServer, error) {
	known := []string{results.IsolationProcess, results.IsolationContainer}
	for _, isolation := range isolations {
		if !slices.Contains(known, isolation) {
			return nil, fmt.Errorf("--isolation: unknown isolation %q%s", isolation, suggest.Hint(isolation, known))
		}
	}
	var list []isolatedServer
	for _, m := range manifests {
		asked := isolations
		if len(asked) == 0 {
			asked = []string{m.DefaultIsolation()}
		}
		possible := slices.DeleteFunc(slices.Clone(asked), func(isolation string) bool { return m.CannotBe(isolation) != "" })
		if len(possible) == 0 {
			possible = asked[:1] // to say why not
		}
		for i, isolation := range possible {
			s := isolatedServer{Manifest: m, name: m.Name, isolation: isolation}
			if i > 0 {
				s.name += "-" + isolation
			}
			list = append(list, s)
		}
	}
	return list, nil
}

// unavailable says why the server cannot run here in its isolation, empty when
// it can.
func (a *app) unavailable(s isolatedServer) string {
	if err := catalog.Available(s.Manifest); err != nil {
		return err.Error()
	}
	if why := s.CannotBe(s.isolation); why != "" || s.isolation != results.IsolationContainer {
		return why
	}
	return a.noContainers()
}
