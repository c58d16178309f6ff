package results

import "regexp"

// secrets matches a user with a password as they stand in a URL (RFC 3986 §3.2.1), up
// to the last @ of the authority.
var secrets = regexp.MustCompile(`[^\s/?#"'@:]*:[^\s/?#"']*@`)

// Redacted returns the text with users and passwords of URLs hidden: for texts that
// are printed, or written to files that others read.
func Redacted(text string) string { return secrets.ReplaceAllString(text, "xxxxx@") }
