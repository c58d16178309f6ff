package catalog

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/joust-bench/joust/loaders/adhoc"
	"github.com/joust-bench/joust/results"
	"github.com/joust-bench/joust/scenarios"
)

// attachTimeout is the longest time to the first right answer of a server that
// runs already.
const attachTimeout = 2 * time.Second

// Attach adds a server that runs already, with its name for tables and its
// address. It claims every row that HTTP/1.1 can ask; the checks find the rows that
// it cannot answer.
func (s *Servers) Attach(rows scenarios.Rows, name, address string) error {
	if !ValidName(name) {
		return fmt.Errorf("the name %q of %s may hold only a-z, 0-9, _, . and -, and begins with a letter, a digit or _", name, results.Redacted(address))
	}
	if _, err := s.Find(name); err == nil {
		return fmt.Errorf("there is a server %s already: give %s another name", name, results.Redacted(address))
	}
	if fault := addressFault(address); fault != "" {
		return fmt.Errorf("the address of %s: %s", name, fault)
	}
	m := Manifest{
		Name: name, Title: "runs already at " + address, URL: address, Protocols: []string{string(scenarios.H1)},
		StartTimeout: attachTimeout, StopTimeout: defaultStopTimeout, WarmupCap: defaultWarmupCap,
	}
	for _, row := range rows {
		if row.Supports(scenarios.H1) {
			m.Scenarios = append(m.Scenarios, row.Name)
		}
	}
	s.all = append(s.all, m)
	s.sort()
	return nil
}

// addressFault returns the mistake in the address of a running server, or "".
func addressFault(address string) string {
	u, err := url.Parse(address)
	shown := results.Redacted(address)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return fmt.Sprintf("%q is not the address of a server, such as http://127.0.0.1:8080", shown)
	case u.Scheme == "https":
		return fmt.Sprintf("%q speaks TLS, and comparisons speak http only", shown)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return fmt.Sprintf("%q is more than http://HOST:PORT: scenarios ask for paths of their own", shown)
	}
	if _, err := adhoc.ParseURL(address); err != nil {
		return err.Error()
	}
	return ""
}
