package cli

import (
	"context"
	"encoding/json"
	"flag"
	"strings"
)

var accessVerbs = []verb{
	{
		name: "env", short: "print what points MLflow's client at this project", run: printEnv,
		long: `
  eval "$(rondo env)"
  python train.py            logs to this project, unchanged`,
	},
	{
		name: "token", short: "print the project's token", flags: tokenFlags, run: printToken,
		long: `
The token opens everything of this project on this device. Hand programs that
only ask for predictions the other one.

  curl -H "Authorization: Bearer $(rondo token)" http://127.0.0.1:7717/api/v1/project
  rondo token --serving`,
	},
}

func tokenFlags(f *flag.FlagSet) {
	f.Bool("serving", false, "the one that is good for predictions only")
}

func printEnv(ctx context.Context, c *call) error {
	info, err := c.server(ctx, true)
	if err != nil {
		return err
	}
	env := map[string]string{"MLFLOW_TRACKING_URI": info.URL, "MLFLOW_REGISTRY_URI": info.URL, "MLFLOW_TRACKING_TOKEN": info.Token}
	if c.json {
		return c.print(env)
	}
	for _, name := range []string{"MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI", "MLFLOW_TRACKING_TOKEN"} {
		c.say("export %s=%s", name, quote(env[name]))
	}
	return nil
}

// quote makes one word of s for a POSIX shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func printToken(ctx context.Context, c *call) error {
	info, err := c.server(ctx, true)
	if err != nil {
		return err
	}
	token := info.Token
	if c.value("serving") == "true" {
		token = info.ServingToken
	}
	if c.json {
		return c.print(map[string]string{"token": token})
	}
	c.say("%s", token)
	return nil
}

// print writes v as JSON.
func (c *call) print(v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		c.sayRaw(b)
	}
	return err
}
