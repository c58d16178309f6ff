package results

import (
	"regexp"
	"slices"
	"strings"
)

// secrets matches a user with a password as they stand in a URL (RFC 3986 §3.2.1), up
// to the last @ of the authority.
var secrets = regexp.MustCompile(`[^\s/?#"'@:]*:[^\s/?#"']*@`)

// Redacted returns the text with users and passwords of URLs hidden: for texts that
// are printed, or written to files that others read.
func Redacted(text string) string { return secrets.ReplaceAllString(text, "xxxxx@") }

// secretField matches an argument with a header field that holds credentials, up to its
// value.
var secretField = regexp.MustCompile(`(?i)^.*(authorization|cookie):`)

// secretFlags are the flags whose values are credentials.
var secretFlags = []string{"-A", "--basic-auth", "--cookie"}

// RedactedCommand returns a command line with its credentials hidden, in URLs, in
// headers and in flags.
func RedactedCommand(args []string) string {
	shown := make([]string, len(args))
	for i, arg := range args {
		name, value, _ := strings.Cut(arg, "=")
		field := secretField.FindString(arg)
		switch {
		case i > 0 && slices.Contains(secretFlags, args[i-1]):
			shown[i] = "xxxxx"
		case value != "" && slices.Contains(secretFlags, name):
			shown[i] = name + "=xxxxx"
		case field != "":
			shown[i] = field + " xxxxx"
		case strings.HasPrefix(arg, secretFlags[0]) && arg != secretFlags[0]:
			shown[i] = secretFlags[0] + "xxxxx"
		default:
			shown[i] = Redacted(arg)
		}
	}
	return strings.Join(shown, " ")
}
