package importing

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// carets matches the quoting of Windows' command prompt.
var carets = regexp.MustCompile(`\^["\r\n]`)

// Commands splits the text of a shell into the command lines of curl that it holds, as a
// browser copies them: arguments without the name curl, as curl would get them. The error
// names the place of what is no such command.
func Commands(text string) ([][]string, error) {
	if carets.MatchString(text) {
		return nil, errors.New("is quoted for Windows' command prompt: copy it as cURL (bash)")
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(strings.TrimPrefix(text, "\ufeff")), "")
	if err != nil {
		return nil, fmt.Errorf("is no command line of a shell: %w", err)
	}
	var all [][]string
	for _, s := range file.Stmts {
		args, err := command(s)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", s.Pos().Line(), err)
		}
		all = append(all, args)
	}
	if len(all) == 0 {
		return nil, errors.New("holds no command: it looks like curl 'http://host/path' -H 'Name: value'")
	}
	return all, nil
}

// command returns the arguments of one statement.
func command(s *syntax.Stmt) ([]string, error) {
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Assigns) > 0 || len(call.Args) == 0 {
		return nil, errors.New("only commands of curl are read: write each on lines of its own")
	}
	variable := ""
	syntax.Walk(call, func(node syntax.Node) bool {
		if p, ok := node.(*syntax.ParamExp); ok && p.Param != nil {
			variable = p.Param.Value
		}
		return true
	})
	if variable != "" {
		return nil, fmt.Errorf("it holds the variable $%s: write its value", variable)
	}
	args, err := expand.Fields(&expand.Config{Env: expand.ListEnviron()}, call.Args...)
	switch {
	case err != nil:
		return nil, fmt.Errorf("only plain arguments are read: %w", err)
	case len(args) == 0 || args[0] != "curl":
		return nil, fmt.Errorf("it runs %q, and only commands of curl are read", strings.Join(args[:min(1, len(args))], ""))
	}
	return args[1:], nil
}
