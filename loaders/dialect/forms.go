package dialect

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The ways to write values that several tools have.
var (
	// Number is a number of any tool.
	Number = &Form{Fits: regexp.MustCompile(`^[0-9.]+$`), Words: "a number from 0 on"}
	// Duration is a duration as Go writes it, or a number of seconds.
	Duration = &Form{Fits: regexp.MustCompile(`^([0-9.]+(ns|us|µs|ms|s|m|h)?)+$`), Words: "a time, such as 10s or 1m30s"}
	// MediaType is a type such as text/html.
	MediaType = &Form{Fits: regexp.MustCompile(`/`), Words: "a media type, such as text/html"}

	// whole is a whole number without a suffix.
	whole = &Form{Fits: regexp.MustCompile(`^[0-9]+$`), Words: "a whole number"}
	// wrkCount and wrkTime are wrk's numbers and times, with suffixes in either case.
	wrkCount = &Form{Fits: regexp.MustCompile(`^(?i)[0-9]+[kmgtp]?$`), Words: "a whole number, such as 10, 1k or 1M", plain: metricNumber}
	wrkTime  = &Form{Fits: regexp.MustCompile(`^(?i)[0-9]+[smh]?$`), Words: "a whole time, such as 10, 10s, 2m or 1h", plain: strings.ToLower}
	// luaFile is a script.
	luaFile = &Form{Fits: regexp.MustCompile(`\.lua$|/`), Words: "a file with a script in Lua, such as post.lua"}
	// webURL is a URL that can be asked.
	webURL = &Form{Fits: regexp.MustCompile(`^(?i)https?://`), Words: "a URL, such as http://host:port/path"}
	// heyTimeout is in seconds, 0 for none.
	heyTimeout = &Form{Fits: regexp.MustCompile(`^[0-9]+s?$`), Words: "a whole number of seconds, 0 for no limit", plain: endless}
	// goDuration needs a unit.
	goDuration = &Form{Fits: regexp.MustCompile(`^([0-9.]+(ns|us|µs|ms|s|m|h))+$`), Words: "a time with its unit, such as 10s or 3m"}
	// seconds are a plain number.
	seconds = &Form{Fits: regexp.MustCompile(`^[0-9]*\.?[0-9]+$`), Words: "seconds without a unit, such as 10 or 0.5"}
	// pair is a name with a value, colons a user with a password.
	pair   = &Form{Fits: regexp.MustCompile(`=`), Words: "NAME=VALUE"}
	colons = &Form{Fits: regexp.MustCompile(`:`), Words: "two parts with a colon between them"}
)

// metricNumber returns the digits of a whole number with a suffix of powers of 1000.
func metricNumber(value string) string {
	at := len(value) - 1
	power := strings.Index("kmgtp", strings.ToLower(value[at:])) + 1
	if power == 0 {
		return value
	}
	return value[:at] + strings.Repeat("000", power)
}

// forever is the timeout, in seconds, of a tool that awaits an answer without end.
const forever = 30 * 24 * time.Hour

// endless returns forever for a timeout of 0.
func endless(value string) string {
	if n, err := strconv.Atoi(strings.TrimSuffix(value, "s")); err == nil && n == 0 {
		return forever.String()
	}
	return value
}
