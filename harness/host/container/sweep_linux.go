package container

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/moby/moby/client"

	"github.com/joust-bench/joust/harness/tree"
)

// Sweep removes the containers of dead jousts and returns their names. Containers
// of living jousts stay, and those of another namespace of processes, where
// nobody knows which jousts live.
func (e *Engine) Sweep(ctx context.Context) ([]string, error) {
	namespace, err := pidNamespace()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, removeLimit)
	defer cancel()
	found, err := e.client.ContainerList(ctx, client.ContainerListOptions{
		All: true, Filters: make(client.Filters).Add("label", labelNamespace+"="+namespace),
	})
	if err != nil {
		return nil, fmt.Errorf("looking for containers that dead jousts left: %w", err)
	}
	var swept []string
	var errs []error
	for _, c := range found.Items {
		owner, _, ok := tree.CutOwner(c.Labels[labelOwner])
		if !ok {
			continue
		}
		alive, err := owner.Alive()
		if err == nil && !alive {
			if err = e.remove(c.ID); err == nil {
				swept = append(swept, strings.TrimPrefix(strings.Join(c.Names, " "), "/"))
			}
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return swept, fmt.Errorf("removing containers that dead jousts left: %w", err)
	}
	return swept, nil
}
