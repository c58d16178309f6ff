package sample

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// memoryUse is the memory of one process, or the sum over several.
type memoryUse struct {
	rss, peak uint64 // bytes; both 0 for a process without memory (a zombie)
	// anonymous and file are the parts of rss, in bytes: the process's own memory, and
	// pages of files and of shared memory.
	anonymous, file    uint64
	threads, processes int
}

// parseStatus reads VmRSS, VmHWM, RssAnon, RssFile, RssShmem and Threads of
// /proc/PID/status. A zombie has no lines of memory.
func parseStatus(text []byte) (memoryUse, error) {
	m := memoryUse{processes: 1}
	var err error
	for line := range bytes.Lines(text) {
		name, value, _ := bytes.Cut(line, []byte{':'})
		switch string(name) {
		case "VmRSS":
			m.rss, err = parseKB(value)
		case "VmHWM":
			m.peak, err = parseKB(value)
		case "RssAnon":
			m.anonymous, err = parseKB(value)
		case "RssFile", "RssShmem":
			var part uint64
			part, err = parseKB(value)
			m.file += part
		case "Threads":
			m.threads, err = strconv.Atoi(string(bytes.TrimSpace(value)))
		}
		if err != nil {
			return memoryUse{}, fmt.Errorf("process status: %w", err)
		}
	}
	return m, nil
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

// processor holds the times of one processor, in ticks since boot.
type processor struct {
	idle  int64 // nothing to run, or only threads that wait for a disk
	irq   int64 // in interrupts, also those that the kernel put off
	steal int64 // taken by the hypervisor
}

// parseProcessors reads the lines "cpuN user nice system idle iowait irq
// softirq steal …" of /proc/stat.
func parseProcessors(text []byte) (map[int]processor, error) {
	out := make(map[int]processor)
	for line := range bytes.Lines(text) {
		name, isCPU := bytes.CutPrefix(line, []byte("cpu"))
		if !isCPU || len(name) == 0 || name[0] == ' ' { // "cpu " is the sum of all
			continue
		}
		fields := bytes.Fields(name)
		if len(fields) < 9 {
			return nil, fmt.Errorf("line %q: %d fields, at least 9 expected", clip(line), len(fields))
		}
		var n [9]int64
		for i := range n {
			var err error
			if n[i], err = parseInt(fields[i]); err != nil {
				return nil, fmt.Errorf("line %q: %w", clip(line), err)
			}
		}
		out[int(n[0])] = processor{idle: n[4] + n[5], irq: n[6] + n[7], steal: n[8]}
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
	lines := slices.Collect(bytes.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' }))
	for pair := range slices.Chunk(lines, 2) {
		names, values := bytes.Fields(pair[0]), bytes.Fields(pair[len(pair)-1])
		if len(pair) < 2 || len(names) != len(values) || len(values) == 0 || !bytes.Equal(names[0], values[0]) {
			return nil, fmt.Errorf("the lines %q and %q do not belong together", clip(pair[0]), clip(pair[len(pair)-1]))
		}
		protocol := string(bytes.TrimSuffix(names[0], []byte{':'}))
		for i, value := range values[1:] {
			name := protocol + "." + string(names[1+i])
			n, err := parseInt(value)
			if err != nil {
				return nil, fmt.Errorf("counter %s: %w", name, err)
			}
			counters[name] = n
		}
	}
	return counters, nil
}

// parsePressure reads the line "some avg10=… total=N" of a pressure file: N is
// the microseconds in which at least one thread waited. It returns nanoseconds.
func parsePressure(text []byte) (ns int64, ok bool) {
	line, _, _ := bytes.Cut(text, []byte{'\n'})
	_, total, found := bytes.Cut(line, []byte(" total="))
	us, err := parseInt(bytes.TrimSpace(total))
	return us * 1000, found && err == nil && bytes.HasPrefix(line, []byte("some "))
}

func parseInt(b []byte) (int64, error) { return strconv.ParseInt(string(b), 10, 64) }

// clip bounds the quotation in an error message.
func clip(b []byte) []byte {
	if len(b) > 80 {
		return b[:80]
	}
	return b
}
