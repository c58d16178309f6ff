package container

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/moby/client"

	"github.com/joust-bench/joust/harness/host"
)

func TestCandidates(t *testing.T) {
	t.Parallel()
	usual := []string{
		"unix:///var/run/docker.sock", "unix:///run/user/7/docker.sock", "unix:///run/user/7/podman/podman.sock", "unix:///run/podman/podman.sock",
	}
	for name, test := range map[string]struct {
		env   map[string]string
		hosts []string
		from  string
	}{
		"nothing set": {nil, usual, ""},
		"docker":      {map[string]string{"DOCKER_HOST": "unix:///d", "CONTAINER_HOST": "unix:///c"}, []string{"unix:///d"}, "DOCKER_HOST"},
		"podman":      {map[string]string{"CONTAINER_HOST": "unix:///c"}, []string{"unix:///c"}, "CONTAINER_HOST"},
	} {
		hosts, from := candidates(func(name string) string { return test.env[name] }, 7)
		if diff := cmp.Diff(test.hosts, hosts); diff != "" || from != test.from {
			t.Errorf("%s: from %q (-want +got)\n%s", name, from, diff)
		}
	}
}

func TestUnreachableEngines(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dead := filepath.Join(dir, "dead")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead})
	if err != nil {
		t.Fatal(err)
	}
	l.SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]string{
		"unix://" + dead:          "nothing listens there (connection refused): start the engine",
		"unix://" + dir + "/none": "there is no such socket",
		"tcp://127.0.0.1:1":       "nothing listens there",
		"tcp://example.org:2375":  "that engine is another machine's",
		"npipe:////./pipe/docker": `not by "npipe"`,
		"unix://%zz":              "that is no address of an engine",
	} {
		if _, err := dial(t.Context(), host); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v does not say %q", host, err, want)
		}
	}
	if err := unreachable("/run/docker.sock", &net.OpError{Op: "dial", Err: os.NewSyscallError("connect", syscall.EACCES)}); !strings.Contains(err.Error(), "sudo usermod -aG docker $USER") {
		t.Errorf("no right to the socket: %v", err)
	}
}

// The error names a listener that is no engine.
func TestNoEngine(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("SSH-2.0-x\r\n")) // the client may be gone
			_ = c.Close()
		}
	}()
	if _, err := dial(t.Context(), "tcp://"+l.Addr().String()); err == nil || !strings.Contains(err.Error(), "does not answer as a container engine") {
		t.Errorf("error is %v", err)
	}
}

func TestImages(t *testing.T) {
	t.Parallel()
	need(t)
	if _, err := engine.Find(t.Context(), "127.0.0.1:1/none:1", ignore); err == nil || !strings.Contains(err.Error(), "not on this machine and cannot be pulled") {
		t.Errorf("an image that is nowhere: %v", err)
	}
	if i, err := engine.Find(t.Context(), box.ID, ignore); err != nil || i != box {
		t.Errorf("found %+v, %v", i, err)
	}
	again, err := engine.Wrap(t.Context(), boxName, boxFile, func(line string) { t.Errorf("built again: %s", line) })
	if err != nil || again != box {
		t.Errorf("the same program became %+v, %v", again, err)
	}
}

func TestOnlyStaticProgramsAreWrapped(t *testing.T) {
	t.Parallel()
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var none *Engine // it is not asked
	if _, err := none.Wrap(t.Context(), "script", script, ignore); err == nil || !strings.Contains(err.Error(), "no program for Linux") {
		t.Errorf("a script: %v", err)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	if _, err := none.Wrap(t.Context(), "shell", shell, ignore); err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
		t.Errorf("a dynamic program: %v", err)
	}
}

func TestFailingBuildShowsItsLastLines(t *testing.T) {
	t.Parallel()
	need(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "Dockerfile"), []byte("FROM scratch\nCOPY nothing /x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	var lines []string
	_, err := engine.Build(t.Context(), boxName, dir, func(line string) { lines = append(lines, line) })
	if err == nil || !strings.Contains(err.Error(), "COPY nothing /x") || len(lines) == 0 {
		t.Errorf("error is %v, progress %q", err, lines)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := engine.Build(ctx, boxName, dir, ignore); !errors.Is(err, context.Canceled) {
		t.Errorf("of an interrupted build: %v", err)
	}
}

// Podman speaks Docker's protocol; only a Podman shows the difference.
func TestPodman(t *testing.T) {
	t.Parallel()
	hosts, _ := candidates(func(string) string { return "" }, os.Getuid())
	for _, host := range hosts {
		e, err := dial(t.Context(), host)
		if err != nil || !e.podman {
			continue
		}
		startsOn(t, e)
		return
	}
	t.Skip("there is no Podman here")
}

func startsOn(t *testing.T, e *Engine) {
	image, err := e.Wrap(t.Context(), boxName, boxFile, ignore)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.prune(context.Background(), client.ImageListOptions{All: true, Filters: ours(boxName)}, 0); err != nil {
			t.Error(err)
		}
	})
	h, err := NewStarter(e, guardCommand())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	started, err := h.Start(t.Context(), host.Program{Name: "box", Argv: []string{"deaf"}, Container: &host.Container{Image: image.ID}})
	if err != nil {
		t.Fatal(err)
	}
	if err := started.Stop(t.Context()); err != nil {
		t.Error(err)
	}
}
