package dialect

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// pywrkr is pywrkr 1.3.4.
func pywrkr() *Dialect {
	return &Dialect{
		Name: "pywrkr", Title: "connections, users, rates and thresholds", Example: "joust as pywrkr -c 50 -d 30 --threshold 'p95 < 300ms' http://127.0.0.1:8080/",
		Usage: "usage: pywrkr [-h] [options] [url]", Flags: pywrkrFlags(), BadUsage: 2,
		settle: settlePywrkr, print: printPywrkr, files: pywrkrFiles, writes: []string{"--csv", "--json"}, code: pywrkrCode,
	}
}

var (
	// quietLevel are the levels of -v that print no single answers.
	quietLevel = &Form{Fits: regexp.MustCompile(`^[0-2]$`), Words: "a level from 0 to 4"}
	// share is a part of 1.
	share = &Form{Fits: regexp.MustCompile(`^(0?\.[0-9]+|0|1|[01]\.0*)$`), Words: "a share from 0 to 1"}
	// header is a header line.
	header = &Form{Fits: regexp.MustCompile(`^[^:]+:`), Words: "a header 'Name: value'"}
)

func pywrkrFlags() []Flag {
	return append([]Flag{
		{Names: "-c --connections", Value: true, Form: whole, Default: "10", Joust: "-c {}", Printed: true},
		{Names: "-d --duration", Value: true, Form: seconds, Default: "10", Joust: "-d {}", Printed: true},
		{Names: "-n --num-requests", Value: true, Form: whole, Joust: "-n {}"},
		{Names: "-t --threads", Value: true, Form: whole, Default: "4", Joust: "-t {}", Printed: true},
		{Names: "-m --method", Value: true, Default: "GET", Joust: "-m {}", Printed: true},
		{Names: "-H --header", Value: true, Form: header, Joust: "-H {}"},
		{Names: "-b --body", Value: true, Joust: "-b {}"},
		{Names: "-p --post-file", Value: true, Joust: "--body-file {}"},
		{Names: "-A --basic-auth", Value: true, Form: colons, Joust: "-A {}"},
		{Names: "-C --cookie", Value: true, Form: pair, Joust: "--cookie {}"},
		{Names: "-k --keepalive", Printed: true, Note: KeepsConnections},
		{Names: "--no-keepalive", Joust: "--reconnect 1"},
		{Names: "-l --verify-length", Joust: "--verify-length"},
		{Names: "-v --verbosity", Value: true, Form: quietLevel, Default: "0", Printed: true, Note: Quiet},
		{Names: "-v --verbosity", Value: true, Form: whole, Missing: NoAnswers + "; answers are counted by status"},
		{Names: "--timeout", Value: true, Form: seconds, Default: "30", Joust: "--timeout {}"},
		{Names: "--ssl-verify", Leaves: "-k", Note: "joust verifies certificates unless -k is given"},
		{Names: "--ca-bundle", Value: true, Leaves: "-k", Joust: "--ca {}"},
		{Names: "-R --random-param", Joust: "--bust=_cb"},
		{Names: "-e --csv", Value: true, Printed: true, Missing: ResultOutput},
		{Names: "-w --html", Printed: true, Missing: ResultOutput},
		{Names: "--json", Value: true, Printed: true, Missing: ResultOutput},
		{Names: "--html-report", Value: true, Joust: "--output {}"},
		{Names: "--live", Printed: true, Note: "joust shows how the load goes on every terminal"},
		{Names: "--latency-breakdown", Joust: "--breakdown"},
		{Names: "--tag", Value: true, Form: pair, Joust: "--tag {}"},
		{Names: "--otel-endpoint", Value: true, Joust: "--otel-endpoint {}"},
		{Names: "--prom-remote-write", Value: true, Joust: "--prom-push {}"},
		{Names: "--threshold --th", Value: true, Joust: "--threshold {}", Printed: true},
	}, pywrkrModes()...)
}

// pywrkrModes are the flags of users, rates, searches and machines.
func pywrkrModes() []Flag {
	return []Flag{
		{Names: "-u --users", Value: true, Form: whole, Joust: "--users {}", Printed: true},
		{Names: "--ramp-up", Value: true, Form: seconds, Default: "0", Joust: "--ramp {}", Printed: true},
		{Names: "--think-time", Value: true, Form: seconds, Default: "1.0", Joust: "--think {}s", Printed: true},
		{Names: "--think-jitter", Value: true, Form: share, Default: "0.5", Printed: true, Note: "it stands behind the think time: --think 1s±50%"},
		{Names: "--rate", Value: true, Form: seconds, Joust: "-R {}", Printed: true},
		{Names: "--rate-ramp", Value: true, Form: seconds, Joust: "--ramp-to {}", Printed: true},
		{Names: "--traffic-profile", Value: true, Joust: "--rate-profile {}", Printed: true},
		{Names: "--scenario", Value: true, Missing: noFlows},
		{Names: "--autofind", Joust: "--find users", Printed: true},
		{Names: "--max-error-rate", Value: true, Form: seconds, Default: "1.0", Joust: "--keep error_rate<={}%", Printed: true},
		{Names: "--max-p95", Value: true, Form: seconds, Default: "5.0", Joust: "--keep p95<={}s", Printed: true},
		{Names: "--step-duration", Value: true, Form: seconds, Default: "30", Joust: "--step {}", Printed: true},
		{Names: "--start-users", Value: true, Form: whole, Default: "10", Joust: "--find-from {}", Printed: true},
		{Names: "--max-users", Value: true, Form: whole, Default: "10000", Joust: "--find-to {}", Printed: true},
		{Names: "--step-multiplier", Value: true, Form: seconds, Default: "2.0", Joust: "--find-factor {}", Printed: true},
		{Names: "--url-file", Value: true, Joust: "--url-file {}"},
		{Names: "--master", Missing: noFleet},
		{Names: "--worker", Value: true, Missing: noFleet},
		{Names: "--expect-workers", Value: true, Form: whole, Missing: noFleet},
		{Names: "--bind", Value: true, Default: "0.0.0.0", Missing: noFleet},
		{Names: "--port", Value: true, Form: whole, Default: "9220", Missing: noFleet},
		{Names: "-h --help", Tells: tellsHelp, Note: toldHelp},
	}
}

// settlePywrkr completes the line.
func settlePywrkr(l *Line) error {
	errs := []error{l.checkPywrkr()}
	l.behave("--timeout", l.value("--timeout"), "-m", strings.ToUpper(l.value("-m")), "--warmup", "0", "--follow", "--compressed")
	l.trustAnybody()
	if l.Searches() {
		errs = append(errs, l.autofind())
	} else {
		l.oneLoad()
	}
	_, wrong := l.thresholds()
	return errors.Join(append(errs, wrong)...)
}

// oneLoad completes a line that makes one load.
func (l *Line) oneLoad() {
	c, users := l.number("-c"), l.number("-u")
	l.behave("--expect-status", "any")
	if !l.has("-n") {
		l.behave("-d", l.value("-d"))
	}
	think := l.number("--think-time")
	switch simulated := l.has("-u") && !(l.has("--rate") && think == 0); {
	case simulated:
		l.behave("--users", l.value("-u"))
		if l.number("--ramp-up") > 0 {
			l.behave("--ramp", l.value("--ramp-up"))
		}
		l.setThink()
		if l.has("--rate") {
			l.Notes = append(l.Notes, "--rate is for users without think time: the users of this load keep to their own")
		}
	case l.has("--rate"):
		l.behave("-R", l.value("--rate"))
		if l.has("--rate-ramp") {
			l.behave("--ramp-to", l.value("--rate-ramp"))
		}
		if l.has("--traffic-profile") {
			l.behave("--rate-profile", l.value("--traffic-profile"))
		}
	}
	if l.has("-u") {
		c = min(c, users) // users share the connections
	}
	l.behave("-c", strconv.FormatFloat(c, 'f', 0, 64), "-t", strconv.FormatFloat(min(l.number("-t"), c), 'f', 0, 64))
}

// setThink writes the think time with its jitter.
func (l *Line) setThink() {
	if l.number("--think-time") > 0 {
		l.behave("--think", fmt.Sprintf("%ss±%g%%", l.value("--think-time"), l.number("--think-jitter")*100))
	}
}

// checkPywrkr checks the flags together, as pywrkr does.
func (l *Line) checkPywrkr() error {
	var errs []error
	refuse := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	timed := !l.has("-n")
	refuse(l.URL == "" && !l.has("--url-file"), "the following arguments are required: url")
	refuse(l.number("-c") < 1, "--connections (-c) must be at least 1, got %s", l.value("-c"))
	refuse(l.number("-t") < 1, "--threads (-t) must be at least 1, got %s", l.value("-t"))
	refuse(timed && l.number("-d") == 0, "--duration (-d) must be greater than 0, got %s", l.value("-d"))
	refuse(l.has("-n") && l.number("-n") < 1, "--num-requests (-n) must be at least 1, got %s", l.value("-n"))
	refuse(l.has("-u") && l.has("-n"), "cannot use -n with -u (user simulation): use -d for duration")
	refuse(l.has("-u") && !l.has("-d"), "user simulation mode (-u) requires -d (duration)")
	refuse(l.has("-u") && l.number("-u") < 1, "--users (-u) must be at least 1, got %s", l.value("-u"))
	refuse(l.has("--rate") && l.number("--rate") == 0, "--rate must be greater than 0")
	refuse(l.has("--rate-ramp") && !l.has("--rate"), "--rate-ramp requires --rate")
	refuse(l.has("--rate-ramp") && !timed, "--rate-ramp requires -d (duration)")
	refuse(l.has("--traffic-profile") && !l.has("--rate"), "--traffic-profile requires --rate (used as base/peak rate)")
	refuse(l.has("--traffic-profile") && !timed, "--traffic-profile requires -d (duration)")
	refuse(l.has("--traffic-profile") && l.has("--rate-ramp"), "--traffic-profile cannot be combined with --rate-ramp")
	refuse(timed && l.number("--ramp-up") > 0 && l.number("--ramp-up") >= l.number("-d"), "--ramp-up (%ss) must be less than duration (%ss)", l.value("--ramp-up"), l.value("-d"))
	return errors.Join(errs...)
}
