package container

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/moby/moby/client"
	"github.com/sirupsen/logrus"
	"github.com/testcontainers/testcontainers-go"
	tclog "github.com/testcontainers/testcontainers-go/log"
)

// pingLimit bounds the wait for an engine's first answer.
const pingLimit = 3 * time.Second

// Engine is a container engine that has answered.
type Engine struct {
	client *client.Client
	host   string
	// name has the version, as in "Docker 20.10.24".
	name string
	// arch and os are those of the engine's machine, in Go's words.
	arch, os string
	podman   bool
	// provider returns testcontainers' way to the engine, made at the first call.
	provider func() (*testcontainers.DockerProvider, error)
}

// String returns the engine's name and socket.
func (e *Engine) String() string { return e.name + " at " + e.host }

// Connect finds the engine and asks it who it is. Where DOCKER_HOST or
// CONTAINER_HOST is set, Connect tries that address alone, else the usual
// sockets.
func Connect(ctx context.Context) (*Engine, error) {
	hosts, from := candidates(os.Getenv, os.Getuid())
	var failed []error
	for _, host := range hosts {
		e, err := dial(ctx, host)
		if err == nil {
			return e, nil
		}
		if from != "" {
			return nil, noEngine("%s is %s: %w", from, host, err)
		}
		if !errors.Is(err, errNoSocket) {
			failed = append(failed, fmt.Errorf("%s: %w", host, err))
		}
	}
	if len(failed) > 0 {
		return nil, noEngine("%w", errors.Join(failed...))
	}
	return nil, noEngine("there is no socket of Docker or Podman here: install docker.io or podman, or name the socket in DOCKER_HOST")
}

// candidates returns the hosts to try, in order. from is the variable that names
// the only one, empty where none does.
func candidates(getenv func(string) string, uid int) (hosts []string, from string) {
	for _, name := range []string{"DOCKER_HOST", "CONTAINER_HOST"} {
		if host := getenv(name); host != "" {
			return []string{host}, name
		}
	}
	runtime := cmp.Or(getenv("XDG_RUNTIME_DIR"), fmt.Sprintf("/run/user/%d", uid))
	for _, socket := range []string{
		"/var/run/docker.sock", filepath.Join(runtime, "docker.sock"),
		filepath.Join(runtime, "podman", "podman.sock"), "/run/podman/podman.sock",
	} {
		hosts = append(hosts, "unix://"+socket)
	}
	return hosts, ""
}

// dial connects to one host.
func dial(ctx context.Context, host string) (*Engine, error) {
	if err := reachable(ctx, host); err != nil {
		return nil, err
	}
	c, err := client.New(client.WithTLSClientConfigFromEnv(), client.WithHost(host))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, pingLimit)
	defer cancel()
	if _, err := c.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		return nil, errors.Join(fmt.Errorf("it does not answer as a container engine: %w", err), c.Close())
	}
	version, err := c.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("asking the engine for its version: %w", err), c.Close())
	}
	e := &Engine{client: c, host: host, name: "Docker " + version.Version, arch: version.Arch, os: version.Os}
	for _, part := range version.Components {
		if strings.HasPrefix(part.Name, "Podman") {
			e.name, e.podman = "Podman "+version.Version, true
		}
	}
	e.provider = sync.OnceValues(e.newProvider)
	return e, nil
}

// errNoSocket says that there is no socket at an address.
var errNoSocket = errors.New("there is no such socket: start the engine, or correct the address")

// reachable returns why a host cannot be connected to.
func reachable(ctx context.Context, host string) error {
	u, err := url.Parse(host)
	if err != nil {
		return fmt.Errorf("that is no address of an engine: %w", err)
	}
	network, address := "unix", u.Path
	switch u.Scheme {
	case "unix":
	case "tcp", "http", "https":
		network, address = "tcp", u.Host
		if ip := net.ParseIP(u.Hostname()); u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return errors.New("that engine is another machine's, where joust can neither pin nor sample: name one of this machine")
		}
	default:
		return fmt.Errorf("joust reaches engines of this machine by unix:///PATH or tcp://127.0.0.1:PORT, not by %q", u.Scheme)
	}
	dialer := net.Dialer{Timeout: pingLimit}
	conn, err := dialer.DialContext(ctx, network, address)
	if err != nil {
		return unreachable(address, err)
	}
	return conn.Close()
}

// unreachable puts a failed connect into words that name the way out.
func unreachable(address string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errNoSocket
	case errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return fmt.Errorf("this user may not use it (permission denied): add the user to the group that owns %s, usually with: sudo usermod -aG docker $USER, and log in again", address)
	case errors.Is(err, syscall.ECONNREFUSED):
		return errors.New("nothing listens there (connection refused): start the engine, such as with: sudo systemctl start docker")
	}
	return err
}

// newProvider makes testcontainers' way to the engine. The library looks for an
// engine by itself, and would silently take another one than the one asked for;
// therefore variables show it where to look, and its client is replaced by ours.
func (e *Engine) newProvider() (*testcontainers.DockerProvider, error) {
	providerMu.Lock()
	defer providerMu.Unlock()
	// The errors of these libraries hold all that their logs would.
	silent := tclog.NewNoopLogger()
	tclog.SetDefault(silent)
	logrus.SetOutput(io.Discard)
	for name, value := range map[string]string{
		"DOCKER_HOST": e.host, "TESTCONTAINERS_RYUK_DISABLED": "true", "TESTCONTAINERS_HUB_IMAGE_NAME_PREFIX": "",
	} {
		defer setenv(name, value)()
	}
	bridge := testcontainers.Bridge
	if e.podman {
		bridge = testcontainers.Podman
	}
	options := append(testcontainers.Generic2DockerOptions(testcontainers.WithLogger(silent)), testcontainers.WithDefaultBridgeNetwork(bridge))
	p, err := testcontainers.NewDockerProvider(options...)
	if err != nil {
		return nil, fmt.Errorf("preparing testcontainers for %s: %w", e, err)
	}
	own := p.Client()
	p.SetClient(e.client)
	return p, own.Close()
}

// providerMu guards the environment while testcontainers reads it.
var providerMu sync.Mutex

// setenv sets a variable of this process. The returned function restores it. The
// name is valid, which is all that the calls fail for.
func setenv(name, value string) (restore func()) {
	old, found := os.LookupEnv(name)
	_ = os.Setenv(name, value)
	if !found {
		return func() { _ = os.Unsetenv(name) }
	}
	return func() { _ = os.Setenv(name, old) }
}
