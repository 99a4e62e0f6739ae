package openapi

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"rondo/backend/api"
)

// TypeScript returns the same surface as types: an interface per Go struct, and
// one entry of Operations per route that speaks JSON.
func TypeScript(routes []api.Route) []byte {
	var b strings.Builder
	b.WriteString("// Made from the Go types by `make generate`. Do not edit.\n\n")
	s := collect(routes)
	names := make([]string, 0, len(s.names))
	for n := range s.names {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		fmt.Fprintf(&b, "export interface %s {\n%s}\n\n", n, members(s.names[n], "\t"))
	}
	b.WriteString("/** What goes in and comes out, by method and path under /api/v1. */\nexport interface Operations {\n")
	for _, r := range sorted(routes) {
		if r.Out != nil {
			b.WriteString(entry(r))
		}
	}
	b.WriteString("}\n")
	return []byte(b.String())
}

func sorted(routes []api.Route) []api.Route {
	routes = slices.Clone(routes)
	slices.SortFunc(routes, func(a, b api.Route) int {
		return strings.Compare(a.Path+" "+a.Method, b.Path+" "+b.Method)
	})
	return routes
}

func entry(r api.Route) string {
	var path, query []string
	for _, p := range params(r.In) {
		if p.in == "path" {
			path = append(path, p.name+": "+addressType(p.typ))
		} else {
			query = append(query, p.name+"?: "+addressType(p.typ))
		}
	}
	body := "undefined"
	switch {
	case !hasBody(r.In):
	case shapeOf(r.In) != object:
		body = typeOf(r.In)
	default:
		body = "Partial<" + typeOf(r.In) + ">" // what is left out is zero
	}
	return fmt.Sprintf("\t%s: {\n\t\tpath: %s;\n\t\tquery: %s;\n\t\tbody: %s;\n\t\tout: %s;\n\t};\n",
		strconv.Quote(r.Method+" "+r.Path), braces(path), braces(query), body, outType(r.Out))
}

func braces(list []string) string {
	if len(list) == 0 {
		return "Record<string, never>"
	}
	return "{ " + strings.Join(list, "; ") + " }"
}

// addressType is how a value is given for an address: lists as the text between commas.
func addressType(t reflect.Type) string {
	if shapeOf(deref(t)) == list {
		return "string | string[]"
	}
	return typeOf(deref(t))
}

func outType(t reflect.Type) string {
	if t == reflect.TypeFor[api.Nothing]() {
		return "Record<string, never>"
	}
	return typeOf(t)
}

func members(t reflect.Type, indent string) string {
	var b strings.Builder
	for _, f := range fields(t) {
		mark := ""
		if f.optional {
			mark = "?"
		}
		key := f.name
		if strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			key = strconv.Quote(key)
		}
		fmt.Fprintf(&b, "%s%s%s: %s;\n", indent, key, mark, memberType(f))
	}
	return b.String()
}

// memberType leaves out null where an absent value is not written at all.
func memberType(f field) string {
	if f.optional {
		return typeOf(deref(f.typ))
	}
	return typeOf(f.typ)
}

func typeOf(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		return typeOf(t.Elem()) + " | null"
	}
	switch shapeOf(t) {
	case text, moment:
		return "string"
	case number, integer:
		return "number"
	case special:
		return `number | "` + strings.Join(specials, `" | "`) + `"`
	case either:
		return "number | string"
	case truth:
		return "boolean"
	case list:
		return arrayOf(typeOf(t.Elem()))
	case dict:
		return "Record<string, " + typeOf(t.Elem()) + ">"
	case object:
		if t.Name() != "" {
			return name(t)
		}
		return "{ " + strings.ReplaceAll(strings.TrimSpace(members(t, "")), "\n", " ") + " }"
	}
	return "unknown"
}

func arrayOf(elem string) string {
	if strings.ContainsAny(elem, " |{") {
		return "(" + elem + ")[]"
	}
	return elem + "[]"
}
