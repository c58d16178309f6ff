package sample

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
)

// procStat is what /proc/PID/stat tells of one process. Times are in ticks.
type procStat struct {
	ppid                         int
	utime, stime, cutime, cstime int64
	// start is the start time since boot; with the pid it names one process
	// for good.
	start int64
}

// parseStat reads the one line of /proc/PID/stat. The command's name stands in
// parentheses and may itself contain spaces and parentheses, so the fields are
// counted from the last one.
func parseStat(line []byte) (procStat, error) {
	end := bytes.LastIndexByte(line, ')')
	if end < 0 {
		return procStat{}, fmt.Errorf("process state %q: no command name in parentheses", clip(line))
	}
	fields := bytes.Fields(line[end+1:])
	// fields[0] is field 3 of proc_pid_stat(5), the state.
	if len(fields) < 20 {
		return procStat{}, fmt.Errorf("process state %q: %d fields after the name, at least 20 expected", clip(line), len(fields))
	}
	var s procStat
	var errs [6]error
	s.ppid, errs[0] = strconv.Atoi(string(fields[1]))
	s.utime, errs[1] = parseInt(fields[11])
	s.stime, errs[2] = parseInt(fields[12])
	s.cutime, errs[3] = parseInt(fields[13])
	s.cstime, errs[4] = parseInt(fields[14])
	s.start, errs[5] = parseInt(fields[19])
	if err := errors.Join(errs[:]...); err != nil {
		return procStat{}, fmt.Errorf("process state %q: %w", clip(line), err)
	}
	return s, nil
}

// procStatus is what /proc/PID/status tells of one process.
type procStatus struct {
	rss, peak uint64 // bytes; both 0 for a process without memory (a zombie)
	threads   int
}

// parseStatus reads VmRSS, VmHWM and Threads. A zombie has no Vm lines.
func parseStatus(text []byte) (procStatus, error) {
	var s procStatus
	var err error
	for len(text) > 0 && err == nil {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		name, value, _ := bytes.Cut(line, []byte{':'})
		switch string(name) {
		case "VmRSS":
			s.rss, err = parseKB(value)
		case "VmHWM":
			s.peak, err = parseKB(value)
		case "Threads":
			s.threads, err = strconv.Atoi(string(bytes.TrimSpace(value)))
		}
	}
	if err != nil {
		return procStatus{}, fmt.Errorf("process status: %w", err)
	}
	return s, nil
}

// parseKB reads "  1234 kB" as bytes.
func parseKB(value []byte) (uint64, error) {
	number, isKB := bytes.CutSuffix(bytes.TrimSpace(value), []byte(" kB"))
	if !isKB {
		return 0, fmt.Errorf("%q is not an amount in kB", clip(value))
	}
	kb, err := strconv.ParseUint(string(bytes.TrimSpace(number)), 10, 53)
	if err != nil {
		return 0, err
	}
	return kb * 1024, nil
}

// parseSchedstat reads the first field of a schedstat file: nanoseconds on a
// processor.
func parseSchedstat(text []byte) (int64, error) {
	first, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte{' '})
	return parseInt(first)
}

// groupStat is what cpu.stat tells of a cgroup, in nanoseconds.
type groupStat struct {
	source              string
	usage, user, system int64
	// throttled is absent where the cgroup has no CPU controller.
	throttled *int64
	periods   *int64
}

// parseCPUStat reads a cgroup2 cpu.stat file: lines of a name and a number.
func parseCPUStat(text []byte) (groupStat, error) {
	s := groupStat{source: SourceCgroup}
	seen := false
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		name, value, ok := bytes.Cut(line, []byte{' '})
		if !ok {
			continue
		}
		n, err := parseInt(bytes.TrimSpace(value))
		if err != nil {
			return groupStat{}, fmt.Errorf("line %q: %w", clip(line), err)
		}
		switch string(name) {
		case "usage_usec":
			s.usage, seen = n*1000, true
		case "user_usec":
			s.user = n * 1000
		case "system_usec":
			s.system = n * 1000
		case "throttled_usec":
			ns := n * 1000
			s.throttled = &ns
		case "nr_throttled":
			s.periods = &n
		}
	}
	if !seen {
		return groupStat{}, errors.New("no usage_usec line")
	}
	return s, nil
}

// processor is what /proc/stat tells of one processor, in ticks since boot.
type processor struct {
	idle  int64 // nothing to run, or only what waits for a disk
	irq   int64 // spent in interrupts, also those put off by the kernel
	steal int64 // taken by the hypervisor
}

// parseProcessors reads the lines "cpuN user nice system idle iowait irq
// softirq steal …" of /proc/stat.
func parseProcessors(text []byte) (map[int]processor, error) {
	out := make(map[int]processor)
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte{'\n'})
		name, isCPU := bytes.CutPrefix(line, []byte("cpu"))
		if !isCPU || len(name) == 0 || name[0] == ' ' { // "cpu " is the sum of all
			continue
		}
		fields := bytes.Fields(name)
		if len(fields) < 9 {
			return nil, fmt.Errorf("line %q: %d fields, at least 9 expected", clip(line), len(fields))
		}
		id, err := strconv.Atoi(string(fields[0]))
		if err != nil {
			return nil, fmt.Errorf("line %q: %w", clip(line), err)
		}
		var n [5]int64
		for i, field := range fields[4:9] {
			if n[i], err = parseInt(field); err != nil {
				return nil, fmt.Errorf("line %q: %w", clip(line), err)
			}
		}
		out[id] = processor{idle: n[0] + n[1], irq: n[2] + n[3], steal: n[4]}
	}
	if len(out) == 0 {
		return nil, errors.New("no processor in it")
	}
	return out, nil
}

// parseCounters reads the format of /proc/net/snmp and /proc/net/netstat: for
// each protocol a line of names and a line of numbers, both starting with the
// protocol. Keys are "Tcp.RetransSegs". Some values are negative by design.
func parseCounters(text []byte) (map[string]int64, error) {
	counters := make(map[string]int64)
	for len(text) > 0 {
		var names, values []byte
		names, text, _ = bytes.Cut(text, []byte{'\n'})
		if len(bytes.TrimSpace(names)) == 0 {
			continue
		}
		values, text, _ = bytes.Cut(text, []byte{'\n'})
		n, v := bytes.Fields(names), bytes.Fields(values)
		if len(n) != len(v) || len(v) == 0 || !bytes.Equal(n[0], v[0]) {
			return nil, fmt.Errorf("the lines %q and %q do not belong together", clip(names), clip(values))
		}
		protocol := string(bytes.TrimSuffix(n[0], []byte{':'}))
		for i := 1; i < len(n); i++ {
			value, err := parseInt(v[i])
			if err != nil {
				return nil, fmt.Errorf("counter %s.%s: %w", protocol, n[i], err)
			}
			counters[protocol+"."+string(n[i])] = value
		}
	}
	return counters, nil
}

// parsePressure reads the line "some avg10=… total=N" of a pressure file: N is
// the microseconds in which at least one thread waited. It returns nanoseconds.
func parsePressure(text []byte) (ns int64, ok bool) {
	line, _, _ := bytes.Cut(text, []byte{'\n'})
	if !bytes.HasPrefix(line, []byte("some ")) {
		return 0, false
	}
	_, total, found := bytes.Cut(line, []byte(" total="))
	us, err := parseInt(bytes.TrimSpace(total))
	return us * 1000, found && err == nil
}

func parseInt(b []byte) (int64, error) { return strconv.ParseInt(string(b), 10, 64) }

// clip bounds what an error message quotes.
func clip(b []byte) []byte {
	if len(b) > 80 {
		return b[:80]
	}
	return b
}
