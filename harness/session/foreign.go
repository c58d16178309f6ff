package session

import (
	"cmp"
	"context"
	"fmt"

	"github.com/joust-bench/joust/loaders/external"
	"github.com/joust-bench/joust/results"
)

// FindLoader looks for the tool on PATH. Where the tool is missing, or image is
// given, it looks for an engine that can run the image, by default the tool's own.
func (o *Opener) FindLoader(ctx context.Context, name, image string) external.Found {
	tool, err := external.Lookup(name)
	if err != nil {
		return external.Found{Why: err.Error()}
	}
	f := external.Find(ctx, tool)
	if tool.Image == "" || image == "" && f.Why == "" {
		return f
	}
	image = cmp.Or(image, tool.Image)
	if why := o.noContainers(); why != "" {
		if f.Path == "" {
			f.Why += fmt.Sprintf("; its image %s cannot stand in: %s", image, why)
		} else {
			f.Why = fmt.Sprintf("its image %s cannot be run: %s", image, why)
		}
		return f
	}
	return external.Found{Tool: tool, Image: image, Version: "of the image " + image}
}

// PrepareForeign finds or pulls the image of a tool that has one.
func (o *Opener) PrepareForeign(ctx context.Context, f *external.Found) error {
	if f == nil || f.Image == "" {
		return nil
	}
	engine, err := o.Engine()
	if err != nil {
		return fmt.Errorf("%s needs a container: %w", f.Tool.Name, err)
	}
	image, err := engine.Find(ctx, f.Image, func(line string) { o.Say("image of %s: %s", f.Tool.Name, line) })
	if err == nil {
		f.Version, f.Image = f.Image+" "+image.Version, image.ID
	}
	return err
}

// foreignOf finds the loader of a stored plan; it is nil for joust's own.
func (o *Opener) foreignOf(ctx context.Context, p *results.Plan) (*external.Found, error) {
	if p.Loader == "" {
		return nil, nil
	}
	f := o.FindLoader(ctx, p.Loader, p.LoaderImage)
	if f.Why != "" {
		return nil, Usage(fmt.Errorf("the run's loader %s cannot be used here: %s", p.Loader, f.Why))
	}
	return &f, nil
}
