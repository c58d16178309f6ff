package results

import (
	"regexp"
	"slices"
	"strings"
)

// secrets matches a user with a password as they stand in a URL (RFC 3986 §3.2.1), up
// to the last @ of the authority.
var secrets = regexp.MustCompile(`[^\s/?#"'@:]*:[^\s/?#"']*@`)

// hidden stands for what is not shown.
const hidden = "xxxxx"

// Redacted returns the text with users and passwords of URLs hidden: for texts that
// are printed, or written to files that others read.
func Redacted(text string) string { return secrets.ReplaceAllString(text, hidden+"@") }

// secretFlags are the flags of joust load whose values are secret.
var secretFlags = []string{"--basic-auth", "-A", "--cookie"}

// secretFields matches a header with credentials.
var secretFields = regexp.MustCompile(`(?i)^(\s*(?:proxy-)?authorization\s*:|\s*cookie\s*:).+`)

// SecretFlag reports whether the value of a flag of joust load is secret.
func SecretFlag(flag string) bool { return slices.Contains(secretFlags, flag) }

// RedactedArgs returns the arguments of a command line with passwords and cookies
// hidden, in URLs, flags and headers alike.
func RedactedArgs(args []string) []string {
	list := make([]string, len(args))
	for i, arg := range args {
		flag, _, inline := strings.Cut(arg, "=")
		header, ofHeader := strings.CutPrefix(arg, "-H")
		long, ofLong := strings.CutPrefix(arg, "--header=")
		switch {
		case i > 0 && SecretFlag(args[i-1]):
			list[i] = hidden
		case inline && SecretFlag(flag):
			list[i] = flag + "=" + hidden
		case strings.HasPrefix(arg, "-A") && len(arg) > len("-A"):
			list[i] = "-A" + hidden
		case ofHeader && secretFields.MatchString(header):
			list[i] = "-H" + secretFields.ReplaceAllString(header, "$1 "+hidden)
		case ofLong && secretFields.MatchString(long):
			list[i] = "--header=" + secretFields.ReplaceAllString(long, "$1 "+hidden)
		case secretFields.MatchString(arg):
			list[i] = secretFields.ReplaceAllString(arg, "$1 "+hidden)
		default:
			list[i] = Redacted(arg)
		}
	}
	return list
}
