package config

import (
	"strings"

	"rondo/backend/interop/dvc/doc"
)

// Of is a config as an import has it: remotes stand in a mapping of their own.
func Of(m *doc.Map) Config {
	c := Config{}
	for _, section := range m.Keys {
		keys, _ := m.Value(section).(*doc.Map)
		if keys == nil {
			continue
		}
		for _, k := range keys.Keys {
			name, key, v := section, k, keys.Value(k)
			if inner, ok := v.(*doc.Map); ok && section == "remote" {
				name = `remote "` + k + `"`
				for _, key := range inner.Keys {
					c.set(name, key, doc.Text(inner.Value(key)))
				}
				continue
			}
			c.set(name, strings.ToLower(key), doc.Text(v))
		}
	}
	return c
}

func (c Config) set(section, key, v string) {
	if c[section] == nil {
		c[section] = map[string]string{}
	}
	c[section][key] = v
}
