package dialect

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/joust-bench/joust/results"
)

// ab is ApacheBench.
func ab() *Dialect {
	return &Dialect{
		Name: "ab", Title: "closed loop for a number of requests, in HTTP/1.0", Example: "joust as ab -n 10000 -c 100 -k http://127.0.0.1:8080/",
		Usage: "Usage: ab [options] [http[s]://]hostname[:port]/path", Flags: abFlags(), BadUsage: 22, Interrupted: 1,
		settle: settleAB, head: abHead, print: printAB, progress: abProgress, files: abFiles, writes: []string{"-e", "-g"}, code: abCode,
	}
}

var (
	// abLevel is ab's verbosity up to that which prints no answers.
	abLevel = &Form{Fits: regexp.MustCompile(`^[01]$`), Words: "0 or 1"}
	// putFile is a file, and no user with a password as curl's -u takes.
	putFile = &Form{Fits: regexp.MustCompile(`^[^:]+$`), Words: "a file"}
)

func abFlags() []Flag {
	return []Flag{
		{Names: "-n", Value: true, Form: whole, Default: "1", Joust: "-n {}", Printed: true},
		{Names: "-c", Value: true, Form: whole, Default: "1", Joust: "-c {}"},
		{Names: "-t", Value: true, Form: whole, Joust: "-d {}"},
		{Names: "-s", Value: true, Form: whole, Default: "30", Joust: "--timeout {}"},
		{Names: "-k", As: "-H Connection:~Keep-Alive", Leaves: "--reconnect=1", Note: KeepsConnections},
		{Names: "-i", Joust: "-m HEAD"},
		{Names: "-p", Value: true, Joust: "-m POST --body-file {}"},
		{Names: "-u", Value: true, Form: putFile, Joust: "-m PUT --body-file {}"},
		{Names: "-T", Value: true, Form: MediaType, Default: "text/plain", Joust: "-H Content-Type:~{}"},
		{Names: "-H", Value: true, Joust: "-H {}"},
		{Names: "-C", Value: true, Form: pair, Joust: "--cookie {}"},
		{Names: "-A", Value: true, Form: colons, Joust: "-A {}"},
		{Names: "-P", Value: true, Form: colons, Printed: true, Missing: ProxyUser},
		{Names: "-X", Value: true, Form: colons, Joust: "--proxy {http}", Printed: true},
		{Names: "-m", Value: true, Joust: "-m {}"},
		{Names: "-l", Leaves: "--verify-length", Printed: true, Note: "joust compares bodies with --expect-body only"},
		{Names: "-r", Printed: true, Note: KeepsGoing},
		{Names: "-q", Printed: true, Note: Quiet},
		{Names: "-d", Printed: true, Note: Percentiles},
		{Names: "-S", Printed: true, Note: Percentiles},
		{Names: "-e", Value: true, Printed: true, Missing: ResultOutput},
		{Names: "-g", Value: true, Printed: true, Missing: ResultOutput},
		{Names: "-w", Printed: true, Missing: ResultOutput},
		{Names: "-v", Value: true, Form: abLevel, Default: "0", Printed: true, Missing: NoAnswers},
		{Names: "-v", Value: true, Form: whole, Missing: NoAnswers},
		{Names: "-b", Value: true, Missing: "joust leaves this to the system"},
		{Names: "-B", Value: true, Missing: "joust leaves this to the system"},
		{Names: "-f", Value: true, Missing: "joust takes the protocols and ciphers of Go's TLS"},
		{Names: "-Z", Value: true, Missing: "joust takes the protocols and ciphers of Go's TLS"},
		{Names: "-I", Missing: "joust names the server in the TLS handshake: --servername gives another name"},
		{Names: "-E", Value: true, Joust: "--cert {} --key {}"},
		{Names: "-V", Tells: tellsVersion, Missing: toldVersion},
		{Names: "-h", Tells: tellsHelp, Note: toldHelp},
	}
}

// abMost is the number of requests that ab's -t implies.
const abMost = 50000

// settleAB completes the line: ab asks in HTTP/1.0, on a new connection for each request
// unless -k is given, trusts every certificate, and takes any status for an answer.
func settleAB(l *Line) error {
	var errs []error
	if l.URL == "" {
		errs = append(errs, errors.New("there is no URL to ask"))
	} else if !strings.Contains(l.URL, "://") {
		l.URL = "http://" + l.URL
	}
	n, c := l.abRequests(), l.number("-c")
	if n < 1 || c < 1 || c > n {
		errs = append(errs, fmt.Errorf("-n %.0f with -c %.0f: both must be at least 1, and ab asks no fewer requests than it has connections", n, c))
	}
	bodies := 0
	for _, name := range []string{"-p", "-u", "-i"} {
		if l.has(name) {
			bodies++
		}
	}
	if bodies > 1 {
		errs = append(errs, errors.New("cannot mix POST (-p), PUT (-u) and HEAD (-i) methods"))
	}
	l.behave("-n", strconv.FormatFloat(n, 'f', 0, 64), "-c", l.value("-c"), "--timeout", l.value("-s"), "--warmup", "0", "--expect-status", "any")
	l.behave("--http1.0", "--reconnect=1", "--verify-length", "--breakdown")
	l.behave("-H", "User-Agent: ApacheBench/2.3", "-H", "Accept: */*")
	if l.has("-p") || l.has("-u") {
		l.behave("-H", "Content-Type: "+l.value("-T"))
	}
	l.setProxy()
	l.trustAnybody()
	return errors.Join(errs...)
}

// setProxy writes the proxy with its user, who stands in a flag of its own.
func (l *Line) setProxy() {
	proxy, user := l.last("-X"), l.last("-P")
	if proxy == nil {
		return
	}
	address := strings.TrimPrefix(proxy.Value, "http://")
	if user != nil {
		address = user.Value + "@" + address
	}
	l.behave("--proxy", "http://"+address)
}

// abRequests returns the number of requests: the last of -n, and of -t, which implies
// one, decides.
func (l *Line) abRequests() float64 {
	n := l.number("-n")
	for _, g := range l.Given {
		switch {
		case g.Flag.Has("-t"):
			n = abMost
		case g.Flag.Has("-n"):
			n, _ = strconv.ParseFloat(g.Value, 64) // digits only
		}
	}
	return n
}

// abHeartbeat returns after how many requests ab says how far it is; 0 for never.
func (l *Line) abHeartbeat() uint64 {
	n := uint64(l.abRequests())
	if n <= 150 || l.has("-q") {
		return 0
	}
	return max(n/10, 100)
}

func abHead(w io.Writer, l *Line) {
	fmt.Fprint(w, "This is ApacheBench, Version 2.3 <as joust speaks it>\n"+
		"Copyright of ab: Adam Twiss, Zeus Technology Ltd, and The Apache Software Foundation\n"+
		"Licensed as joust is: the program and the numbers are joust's, the form of the report is ab's\n\n")
	host, _, _ := l.place()
	fmt.Fprintf(w, "Benchmarking %s ", host)
	if proxy := l.last("-X"); proxy != nil {
		fmt.Fprintf(w, "[through %s] ", proxy.Value)
	}
	fmt.Fprint(w, "(be patient)")
	if l.abHeartbeat() > 0 {
		fmt.Fprintln(w)
	} else {
		fmt.Fprint(w, ".....")
	}
}

func abProgress(l *Line, done, before uint64) string {
	var text strings.Builder
	if every := l.abHeartbeat(); every > 0 {
		for at := before/every + 1; at*every <= done; at++ {
			fmt.Fprintf(&text, "Completed %d requests\n", at*every)
		}
	}
	return text.String()
}

// place returns the host, the port and the path of the URL.
func (l *Line) place() (host, port, path string) {
	scheme, rest, _ := strings.Cut(l.URL, "://")
	authority, path := rest, "/"
	if at := strings.IndexAny(rest, "/?#"); at >= 0 {
		authority, path = rest[:at], rest[at:]
	}
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		authority = authority[at+1:]
	}
	port = "80"
	if strings.EqualFold(scheme, "https") {
		port = "443"
	}
	if at := strings.LastIndexByte(authority, ':'); at > strings.LastIndexByte(authority, ']') {
		authority, port = authority[:at], authority[at+1:]
	}
	return authority, port, path
}

// abCode returns ab's exit code: a lost connection ends it with the number of the system's
// error, unless -r is given.
func abCode(p *printer) int {
	if p.line.has("-r") || p.abReceive() == 0 {
		return 0
	}
	p.note("apr_socket_recv: Connection reset by peer (%d); joust went on all the same, as ab does with -r", connectionReset)
	return connectionReset
}

// connectionReset is the number of that error on Linux.
const connectionReset = 104

// The failures as ab splits them.
func abLength(c results.Cause) bool {
	return c == results.CauseLength || c == results.CauseBody || c == results.CauseEncoding
}

func abConnect(c results.Cause) bool {
	return c == results.CauseConnect || c == results.CauseConnectRefused || c == results.CauseConnectReset || c == results.CauseConnectTimeout || c == results.CauseTLS
}

// abReceive returns the number of requests whose answer did not come whole.
func (p *printer) abReceive() uint64 {
	return p.phase.Total.Failed - p.failures(abLength) - p.failures(abConnect) - p.failures(func(c results.Cause) bool { return c == results.CauseWrite })
}
