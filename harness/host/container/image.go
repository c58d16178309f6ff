package container

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/authconfig"
	"github.com/moby/moby/api/types/image"
	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client"
	"github.com/testcontainers/testcontainers-go"

	"github.com/joust-bench/joust/harness/catalog"
	"github.com/joust-bench/joust/harness/host"
)

const (
	// repository holds the images that joust builds; tags name the servers.
	repository = "joust"
	// keptImages is the number of wrapped programs of one server that prune leaves.
	keptImages = 5
)

// scratchfile is the Dockerfile around a static program.
const scratchfile = `FROM scratch
COPY server /server
ENTRYPOINT ["/server"]
`

// Find returns the image of that name, a tag or a digest, and pulls it where
// the engine does not have it. Progress gets a line for each layer that is
// done.
func (e *Engine) Find(ctx context.Context, ref string, progress func(line string)) (Image, error) {
	i, err := e.inspect(ctx, ref)
	if errdefs.IsNotFound(err) {
		if err := e.pull(ctx, ref, progress); err != nil {
			return Image{}, fmt.Errorf("image %s is not on this machine and cannot be pulled: %w; correct the name, or docker login where the registry asks for it", ref, err)
		}
		return e.inspect(ctx, ref)
	}
	return i, err
}

// inspect returns an image of the engine. It refuses an image of another kind of
// machine.
func (e *Engine) inspect(ctx context.Context, ref string) (Image, error) {
	i, err := e.client.ImageInspect(ctx, ref)
	if err != nil {
		return Image{}, fmt.Errorf("looking for image %s: %w", ref, err)
	}
	if i.Os != "" && i.Os != e.os || i.Architecture != "" && i.Architecture != e.arch {
		return Image{}, fmt.Errorf("image %s was built for %s/%s, and this machine is %s/%s: name an image that was built for it", ref, i.Os, i.Architecture, e.os, e.arch)
	}
	version := i.ID
	for _, digest := range i.RepoDigests {
		if _, hash, ok := strings.Cut(digest, "@"); ok {
			version = hash
		}
	}
	return Image{ID: i.ID, Version: version, Engine: e.name, SizeBytes: i.Size}, nil
}

// pull fetches an image from its registry.
func (e *Engine) pull(ctx context.Context, ref string, progress func(string)) error {
	if _, err := e.provider(); err != nil {
		return err
	}
	var options client.ImagePullOptions
	// Without a login the image may be public.
	if _, login, err := testcontainers.DockerImageAuth(ctx, ref); err == nil {
		if options.RegistryAuth, err = authconfig.Encode(login); err != nil {
			return fmt.Errorf("using the login of its registry: %w", err)
		}
	}
	response, err := e.client.ImagePull(ctx, ref, options)
	if err != nil {
		return err
	}
	defer response.Close()
	progress("pulling " + ref)
	for message, err := range response.JSONMessages(ctx) {
		if err != nil {
			return err
		}
		if message.Error != nil {
			return message.Error
		}
		if line := layerDone(message); line != "" {
			progress(line)
		}
	}
	return nil
}

// layerDone returns a line for a message, empty for a step of a progress bar.
func layerDone(m jsonstream.Message) string {
	if m.Progress != nil && m.Progress.Current > 0 || m.Status == "" {
		return ""
	}
	return strings.TrimSpace(m.ID + " " + m.Status)
}

// Build builds the Dockerfile of a folder for a server. Without a change, the
// engine's own cache makes it fast.
func (e *Engine) Build(ctx context.Context, server, dir string, progress func(line string)) (Image, error) {
	i, err := e.build(ctx, server+"-dockerfile", server, dir, progress)
	if err != nil {
		return Image{}, fmt.Errorf("building the Dockerfile of %s in %s: %w", server, dir, err)
	}
	return i, e.prune(ctx, client.ImageListOptions{Filters: ours(server).Add("dangling", "true")}, 0)
}

// Wrap returns an image that holds nothing but a static program. A later call
// finds it by the program's content.
func (e *Engine) Wrap(ctx context.Context, server, binary string, progress func(line string)) (Image, error) {
	content, err := os.ReadFile(binary)
	if err != nil {
		return Image{}, fmt.Errorf("reading the program of %s: %w", server, err)
	}
	if err := static(content); err != nil {
		return Image{}, fmt.Errorf("the program of %s cannot stand in an image by itself: %w", server, err)
	}
	hash := sha256.Sum256(append([]byte(scratchfile), content...))
	tag := server + "-" + hex.EncodeToString(hash[:8])
	i, err := e.inspect(ctx, repository+":"+tag)
	if !errdefs.IsNotFound(err) {
		return i, err
	}
	dir, remove, err := host.TempDir()
	if err != nil {
		return Image{}, err
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte(scratchfile), 0o644),
		os.WriteFile(filepath.Join(dir, "server"), content, 0o755))
	if err == nil {
		i, err = e.build(ctx, tag, server, dir, progress)
	}
	if err = errors.Join(err, remove()); err != nil {
		return Image{}, fmt.Errorf("building an image around the program of %s: %w", server, err)
	}
	return i, e.prune(ctx, client.ImageListOptions{Filters: ours(server)}, keptImages)
}

// static refuses a program that needs a dynamic linker, which an empty image
// lacks.
func static(content []byte) error {
	f, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return fmt.Errorf("it is no program for Linux: %w", err)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return errors.New("it is linked dynamically; build it with CGO_ENABLED=0")
		}
	}
	return nil
}

// build builds the Dockerfile of a folder and labels the image as the server's.
func (e *Engine) build(ctx context.Context, tag, server, dir string, progress func(string)) (Image, error) {
	p, err := e.provider()
	if err != nil {
		return Image{}, err
	}
	lines := &catalog.Lines{Each: func(line string) { progress(strings.TrimSpace(line)) }}
	name, err := p.BuildImage(ctx, &testcontainers.ContainerRequest{FromDockerfile: testcontainers.FromDockerfile{
		Context: dir, Repo: repository, Tag: tag, KeepImage: true, BuildLogWriter: lines,
		BuildOptionsModifier: func(o *client.ImageBuildOptions) { o.Labels = map[string]string{labelServer: server} },
	}})
	lines.Flush()
	if ctx.Err() != nil {
		return Image{}, ctx.Err()
	}
	if err != nil {
		return Image{}, fmt.Errorf("%w\n%s", err, strings.Join(lines.Last, "\n"))
	}
	return e.inspect(ctx, name)
}

// ours selects the images of a server.
func ours(server string) client.Filters {
	return make(client.Filters).Add("label", labelServer+"="+server)
}

// prune removes images except the newest ones and those that a container uses.
func (e *Engine) prune(ctx context.Context, list client.ImageListOptions, keep int) error {
	found, err := e.client.ImageList(ctx, list)
	if err != nil {
		return fmt.Errorf("tidying images: %w", err)
	}
	images := found.Items
	slices.SortFunc(images, func(a, b image.Summary) int { return cmp.Compare(b.Created, a.Created) })
	for _, old := range images[min(keep, len(images)):] {
		_, err := e.client.ImageRemove(ctx, old.ID, client.ImageRemoveOptions{PruneChildren: true})
		if err != nil && !errdefs.IsConflict(err) && !errdefs.IsNotFound(err) {
			return fmt.Errorf("removing an old image: %w", err)
		}
	}
	return nil
}
