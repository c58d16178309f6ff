package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/joust-bench/joust/harness/cpuset"
	"github.com/joust-bench/joust/harness/launch"
	"github.com/joust-bench/joust/harness/sample"
	"github.com/joust-bench/joust/harness/session"
	"github.com/joust-bench/joust/harness/tree"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/results/files"
	"github.com/joust-bench/joust/scenarios"
	"github.com/joust-bench/joust/scenarios/suggest"
)

type serveFlags struct {
	scenario, portFile, isolation string
}

func (a *app) serveCommand() *cobra.Command {
	var f serveFlags
	c := &cobra.Command{
		Use:   "serve SERVER",
		Short: "Run one server in the foreground for a loader of your own",
		Long: `Start one server as joust run starts it, pinned to the server's CPUs and in the
same environment, and keep it until Ctrl-C or SIGTERM, which end it with exit
status 0. It is announced once it has answered the scenario's request correctly.
Its CPU time and memory are printed at the end.

--port-file gets lines KEY=value: PORT, PATH, METHOD, URL, HEADERS (a JSON object),
BODY_FILE (a path, or empty), PID (joust's own process) and READY=1, which comes
last. It is written whole and renamed into place, and removed at the end, as is the
body's file. Where joust was killed it remains, and no process has its PID; the next
joust serve replaces it.`,
		Example: `  joust serve nginx
  joust serve nethttp --env GOGC=400
  joust serve nethttp --scenario upload_20mb --port-file /tmp/nethttp.port
  taskset -c 1 wrk -t 1 -c 64 -d 10s "$(sed -n s/^URL=//p /tmp/nethttp.port)"`,
		Args: exactlyOne("SERVER"),
		RunE: func(c *cobra.Command, args []string) error { return a.serve(c.Context(), args[0], &f) },
	}
	flags := c.Flags()
	flags.StringVar(&f.scenario, "scenario", "", "the scenario whose request is announced (default: hello, or the first that the server claims)")
	flags.StringVar(&f.portFile, "port-file", "", "write the server's address and a request for it into this file, once it is ready")
	flags.StringVar(&f.isolation, "isolation", "", "serve it as process or container (default: as its server.yaml says)")
	settingFlags(flags, "env", "pin")
	return c
}

func (a *app) serve(ctx context.Context, name string, f *serveFlags) (err error) {
	a.stopping.Store("joust: ending the server; once more ends at once")
	env, err := a.environment()
	if err != nil {
		return err
	}
	name = a.opener.Folders([]string{name})[0]
	w, err := a.opener.LookToMeasure(a.flags.Text("pin"))
	if err != nil {
		return err
	}
	server, row, err := a.toServe(w, name, f)
	if err != nil {
		return session.Usage(err)
	}
	server.Env = env
	if err := a.clearPortFile(f.portFile); err != nil {
		return session.Usage(err)
	}
	// Without the measuring lock, which a joust that loads this server may take.
	s, err := a.opener.OpenShared(ctx, w.Split)
	if err != nil {
		return err
	}
	fixture, err := s.Fixture(ctx, server)
	if err != nil {
		return err
	}
	started, err := s.Launcher.StartServer(ctx, fixture, scenarios.H1, row)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, started.Stop(context.WithoutCancel(ctx)), removePortFile(f.portFile))
		if started.Killed != "" {
			fmt.Fprintf(a.stdout, "%s: %s\n", server.Name, started.Killed)
		}
	}()
	on := serving{app: a, name: server.Name, row: row, server: started, dir: s.Launcher.Logs, split: w.Split}
	if err := on.announce(f.portFile); err != nil {
		return err
	}
	return on.await(ctx)
}

// toServe returns the server, and the row whose request is announced.
func (a *app) toServe(w *session.World, name string, f *serveFlags) (s session.Isolated, row *scenarios.Scenario, err error) {
	m, err := w.Servers.Find(name)
	if err != nil {
		return s, nil, err
	}
	s = session.Isolated{Manifest: *m, Name: name, Isolation: cmp.Or(f.isolation, m.DefaultIsolation())}
	if m.URL != "" {
		return s, nil, fmt.Errorf("%s runs already, at %s: there is nothing to serve", name, m.URL)
	}
	if _, err := session.Isolate(nil, []string{s.Isolation}, nil); err != nil {
		return s, nil, err
	}
	if why := a.opener.Unavailable(s); why != "" {
		return s, nil, errors.New(why)
	}
	scenario := f.scenario
	switch {
	case scenario != "":
	case slices.Contains(m.Scenarios, "hello"):
		scenario = "hello"
	default:
		scenario = m.Scenarios[0]
	}
	row, err = w.Table.Find(scenario)
	switch {
	case err != nil:
	case m.Unsupported[scenario] != "":
		err = fmt.Errorf("%s cannot answer %s: %s", name, scenario, m.Unsupported[scenario])
	case !slices.Contains(m.Scenarios, scenario):
		err = fmt.Errorf("%s does not claim %s%s", name, scenario, suggest.Hint(scenario, m.Scenarios))
	}
	return s, row, err
}

// serving is a server in the foreground.
type serving struct {
	app    *app
	name   string
	row    *scenarios.Scenario
	server *launch.Server
	// dir is for the body of the announced request.
	dir   string
	split results.CPUSplit

	began  time.Time
	before sample.Used
}

// announce prints the server's address and a request for it.
func (s *serving) announce(portFile string) error {
	_, port, err := net.SplitHostPort(s.server.Address)
	if err != nil {
		return fmt.Errorf("the address of %s: %w", s.name, err)
	}
	x := announcement{port: port, request: &s.row.Requests[0], pid: os.Getpid()}
	if err := errors.Join(x.writeBody(s.dir), s.server.Handle.ResetPeak()); err != nil {
		return err
	}
	s.began = time.Now()
	if s.before, err = s.server.Handle.Used(); err != nil {
		return err
	}
	out, split := s.app.stdout, s.split
	fmt.Fprintf(out, "%s answers %s: %s %s\n", s.name, s.row.Name, x.request.Method, x.url())
	if x.bodyFile != "" {
		fmt.Fprintf(out, "the request's body, %d bytes: %s\n", x.request.Body.Size(), x.bodyFile)
	}
	if n := len(s.row.Requests); n > 1 {
		fmt.Fprintf(out, "%s asks %d requests in turn; this is the first\n", s.row.Name, n)
	}
	if split.Separate() {
		fmt.Fprintf(out, "server on CPU %s; keep the loader on the others: taskset -c %s ...\n", cpuset.Format(split.Server), cpuset.Format(split.Loader))
	}
	fmt.Fprintln(out, "Ctrl-C or SIGTERM ends it")
	if portFile == "" {
		return nil
	}
	text, err := x.text()
	if err != nil {
		return err
	}
	if err := files.Replace(portFile, []byte(text)); err != nil {
		return fmt.Errorf("writing the port file: %w", err)
	}
	return nil
}

// await returns when the user ends joust, or with an error when the server ends
// first.
func (s *serving) await(ctx context.Context) error {
	select {
	case <-ctx.Done():
	case <-s.server.Handle.Exited():
		text := fmt.Sprintf("%s has ended: %s", s.name, launch.DescribeExit(s.server.Handle.Exit()))
		if log := strings.TrimSpace(s.server.LogTail()); log != "" {
			text += "\nthe end of its output:\n" + log
		}
		return errors.New(text)
	}
	used, err := s.server.Handle.Used()
	if err != nil {
		return err
	}
	cpu, span := used.CPU-s.before.CPU, time.Since(s.began)
	fmt.Fprintf(s.app.stdout, "%s used %.2f s of CPU time in %s, %.2f CPUs on average; peak memory %.1f MiB\n", s.name,
		cpu.Seconds(), span.Round(100*time.Millisecond), cpu.Seconds()/span.Seconds(), float64(used.PeakMemoryBytes)/(1<<20))
	return nil
}

// announcement names the request that a loader of the user's sends.
type announcement struct {
	port    string
	request *scenarios.Request
	// bodyFile holds the request's body; empty where it has none.
	bodyFile string
	// pid is joust's own process. A port file whose process has ended was left behind.
	pid int
}

const (
	// lastAnnounced is the last line of a port file.
	lastAnnounced = "READY=1\n"
	// mostAnnounced bounds the size of a port file, in bytes.
	mostAnnounced = 1 << 20
)

// url returns the request's URL.
func (x announcement) url() string {
	return "http://127.0.0.1:" + x.port + x.request.Path
}

// text returns the announcement as KEY=value lines. READY is the last: a reader
// who sees it has seen all.
func (x announcement) text() (string, error) {
	headers := map[string]string{}
	for _, h := range x.request.Headers {
		if before, twice := headers[h.Name]; twice {
			h.Value = before + ", " + h.Value
		}
		headers[h.Name] = h.Value
	}
	object, err := json.Marshal(headers)
	if err != nil {
		return "", fmt.Errorf("writing the headers of %s: %w", x.request.Name, err)
	}
	return fmt.Sprintf("PORT=%s\nPATH=%s\nMETHOD=%s\nURL=%s\nHEADERS=%s\nBODY_FILE=%s\nPID=%d\n"+lastAnnounced,
		x.port, x.request.Path, x.request.Method, x.url(), object, x.bodyFile, x.pid), nil
}

// writeBody writes the request's body, if it has one, into a file in dir.
func (x *announcement) writeBody(dir string) error {
	if x.request.Body.Size() == 0 {
		return nil
	}
	x.bodyFile = filepath.Join(dir, "body")
	if err := os.WriteFile(x.bodyFile, x.request.Body.Bytes(), 0o644); err != nil {
		return fmt.Errorf("writing the request's body: %w", err)
	}
	return nil
}

// clearPortFile removes the announcement that a killed serve left and makes sure that
// the new one can be written, before anything starts.
func (a *app) clearPortFile(path string) error {
	if path == "" {
		return nil
	}
	if err := files.CanWriteIn(filepath.Dir(path)); err != nil {
		return fmt.Errorf("--port-file: %w", err)
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("--port-file %s: it is no ordinary file", path)
	case err == nil && info.Size() == 0: // as mktemp makes it
		return removePortFile(path)
	case err != nil || info.Size() > mostAnnounced:
		return fmt.Errorf("--port-file %s: it is no port file of joust: choose another one", path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("--port-file: %w", err)
	}
	if !strings.HasSuffix("\n"+string(text), "\n"+lastAnnounced) {
		return fmt.Errorf("--port-file %s: it is no port file of joust: choose another one, or remove it", path)
	}
	if pid := announcer(string(text)); pid > 0 {
		return fmt.Errorf("--port-file %s: joust serve, process %d, announces its server there: choose another file, or end it: kill -INT %d", path, pid, pid)
	}
	a.say("joust: removed a port file that a killed joust serve left: %s", path)
	return removePortFile(path)
}

// announcer returns the process that a port file names, 0 where it has ended.
func announcer(text string) int {
	for line := range strings.Lines(text) {
		digits, ok := strings.CutPrefix(strings.TrimSpace(line), "PID=")
		if pid, err := strconv.Atoi(digits); ok && err == nil {
			if p, err := tree.Lookup(pid); err == nil && !p.Ended() {
				return pid
			}
		}
	}
	return 0
}

// removePortFile removes the announcement; an empty path names none.
func removePortFile(path string) error {
	if err := os.Remove(path); err != nil && path != "" && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the port file: %w", err)
	}
	return nil
}
