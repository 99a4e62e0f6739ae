package openapi

import (
	"encoding/json"
	"reflect"
	"strings"

	"rondo/backend/api"
	"rondo/backend/event"
)

type jsonObject = map[string]any

// Document returns the OpenAPI document of the routes.
func Document(routes []api.Route) ([]byte, error) {
	s := collect(routes)
	paths := map[string]jsonObject{}
	for _, r := range routes {
		if paths[api.Prefix+r.Path] == nil {
			paths[api.Prefix+r.Path] = jsonObject{}
		}
		paths[api.Prefix+r.Path][strings.ToLower(r.Method)] = operation(r)
	}
	named := jsonObject{}
	for n, t := range s.names {
		named[n] = structSchema(t)
	}
	b, err := json.MarshalIndent(jsonObject{
		"openapi":    "3.1.0",
		"info":       jsonObject{"title": "Rondo", "version": "1", "description": "The native API of a project's control listener."},
		"paths":      paths,
		"components": jsonObject{"schemas": named, "securitySchemes": jsonObject{"token": jsonObject{"type": "http", "scheme": "bearer"}}},
		"security":   []jsonObject{{"token": []string{}}},
	}, "", "  ")
	return append(b, '\n'), err
}

// collect finds every named type: those of the routes, of their failures and of the stream.
func collect(routes []api.Route) *schemas {
	s := &schemas{names: map[string]reflect.Type{}}
	s.use(reflect.TypeFor[api.Failure]())
	s.use(reflect.TypeFor[event.Event]())
	for _, r := range routes {
		if r.In != nil && hasBody(r.In) {
			s.use(r.In)
		}
		if r.Out != nil {
			s.use(r.Out)
		}
	}
	return s
}

func operation(r api.Route) jsonObject {
	ok := jsonObject{"description": "done"}
	if r.Out != nil && r.Out != reflect.TypeFor[api.Nothing]() {
		ok["content"] = jsonContent(schema(r.Out))
	}
	op := jsonObject{
		"operationId": operationID(r),
		"responses":   jsonObject{"200": ok, "default": jsonObject{"description": "a failure", "content": jsonContent(failureSchema)}},
	}
	if r.Doc != "" {
		op["summary"] = r.Doc
	}
	if list := parameters(r); len(list) > 0 {
		op["parameters"] = list
	}
	if hasBody(r.In) {
		op["requestBody"] = jsonObject{"content": jsonContent(schema(r.In))}
	}
	return op
}

var failureSchema = jsonObject{
	"type": "object", "required": []string{"error"},
	"properties": jsonObject{"error": jsonObject{"$ref": "#/components/schemas/Failure"}},
}

func jsonContent(schema jsonObject) jsonObject {
	return jsonObject{"application/json": jsonObject{"schema": schema}}
}

// operationID is the method and the words of the path, such as getRunsId.
func operationID(r api.Route) string {
	id := strings.ToLower(r.Method)
	for _, part := range strings.FieldsFunc(r.Path, func(c rune) bool { return strings.ContainsRune("/{}.-_", c) }) {
		id += strings.ToUpper(part[:1]) + part[1:]
	}
	return id
}

func parameters(r api.Route) (list []jsonObject) {
	known := map[string]bool{}
	for _, p := range params(r.In) {
		known[p.name] = true
		list = append(list, jsonObject{"name": p.name, "in": p.in, "required": p.in == "path", "schema": schema(p.typ)})
	}
	for _, n := range pathNames(r.Path) {
		if !known[n] { // a raw route reads it by itself
			list = append(list, jsonObject{"name": n, "in": "path", "required": true, "schema": jsonObject{"type": "string"}})
		}
	}
	return list
}

func pathNames(path string) (names []string) {
	for _, part := range strings.Split(path, "/") {
		if n, ok := strings.CutPrefix(part, "{"); ok {
			names = append(names, strings.TrimSuffix(strings.TrimSuffix(n, "}"), "..."))
		}
	}
	return names
}

func schema(t reflect.Type) jsonObject {
	if t.Kind() == reflect.Pointer {
		return jsonObject{"anyOf": []jsonObject{schema(t.Elem()), {"type": "null"}}}
	}
	switch shapeOf(t) {
	case moment:
		return jsonObject{"type": "string", "format": "date-time"}
	case text:
		return jsonObject{"type": "string"}
	case number:
		return jsonObject{"type": "number"}
	case integer:
		return jsonObject{"type": "integer"}
	case special:
		return jsonObject{"anyOf": []jsonObject{{"type": "number"}, {"enum": specials}}}
	case either:
		return jsonObject{"type": []string{"number", "string"}}
	case truth:
		return jsonObject{"type": "boolean"}
	case list:
		return jsonObject{"type": "array", "items": schema(t.Elem())}
	case dict:
		return jsonObject{"type": "object", "additionalProperties": schema(t.Elem())}
	case object:
		if t.Name() != "" {
			return jsonObject{"$ref": "#/components/schemas/" + name(t)}
		}
		return structSchema(t)
	}
	return jsonObject{}
}

var specials = []string{"NaN", "Infinity", "-Infinity"}

func structSchema(t reflect.Type) jsonObject {
	props, required := jsonObject{}, []string{}
	for _, f := range fields(t) {
		props[f.name] = schema(f.typ)
		if !f.optional {
			required = append(required, f.name)
		}
	}
	return jsonObject{"type": "object", "properties": props, "required": required}
}
