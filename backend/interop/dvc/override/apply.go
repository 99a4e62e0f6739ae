package override

import (
	"strconv"
	"strings"

	"rondo/backend/errs"
	"rondo/backend/interop/dvc/doc"
)

func (o Override) apply(name string, root *doc.Map) error {
	if o.kind == remove {
		return o.remove(name, root)
	}
	old, there := doc.Walk(root, o.way)
	_, isMap := o.value.(*doc.Map)
	_, isList := o.value.([]any)
	switch {
	case o.kind == change && !there:
		return o.missing(name)
	case o.kind == add && old != nil && !isMap && !isList:
		return errs.New(errs.Conflict, "%s has a param %s already", name, o.key()).WithHint("change it with -S %s", strings.TrimLeft(o.text, "+"))
	}
	return o.set(name, root)
}

func (o Override) key() string { return strings.Join(o.way, ".") }

func (o Override) missing(name string) error {
	return errs.New(errs.NotFound, "%s has no param %s", name, o.key()).WithHint("add it with -S +%s", strings.TrimLeft(o.text, "+~"))
}

// set goes down to where the value belongs, through mappings that it makes where it may.
func (o Override) set(name string, root *doc.Map) error {
	var at any = root
	for _, key := range o.way[:len(o.way)-1] {
		next, _ := doc.Walk(at, []string{key})
		if !holds(next) {
			m, is := at.(*doc.Map)
			if !is || o.kind == change {
				return o.missing(name)
			}
			next = &doc.Map{}
			m.Set(key, next)
		}
		at = next
	}
	return o.put(name, at, o.way[len(o.way)-1])
}

func holds(v any) bool {
	switch v.(type) {
	case *doc.Map, []any:
		return true
	}
	return false
}

// put sets one value. A mapping is laid over one that is there.
func (o Override) put(name string, at any, key string) error {
	old, there := doc.Walk(at, []string{key})
	fresh, isMap := o.value.(*doc.Map)
	if was, both := old.(*doc.Map); both && isMap {
		return o.merge(name, was, fresh)
	}
	if holds(old) && holds(o.value) && isMap != isMapping(old) {
		return o.fail("puts a mapping where %s has a list, or the other way round", name).WithHint("take it out first: -S ~%s -S +%s", o.key(), strings.TrimLeft(o.text, "+"))
	}
	switch x := at.(type) {
	case *doc.Map:
		x.Set(key, doc.Clone(o.value))
	case []any:
		i, err := strconv.Atoi(key)
		if err != nil || !there {
			return o.missing(name)
		}
		x[i] = doc.Clone(o.value)
	}
	return nil
}

func isMapping(v any) bool { _, is := v.(*doc.Map); return is }

// merge lays a mapping over another; keys that are not there are added with + and ++ only.
func (o Override) merge(name string, was, fresh *doc.Map) error {
	for _, k := range fresh.Keys {
		old, there := was.Get(k)
		if !there && o.kind == change {
			return errs.New(errs.NotFound, "%s has no param %s.%s", name, o.key(), k).WithHint("add it with -S ++%s", o.text)
		}
		to, both := old.(*doc.Map)
		if from, is := fresh.Value(k).(*doc.Map); is && both {
			if err := o.merge(name, to, from); err != nil {
				return err
			}
			continue
		}
		was.Set(k, doc.Clone(fresh.Value(k)))
	}
	return nil
}

func (o Override) remove(name string, root *doc.Map) error {
	old, _ := doc.Walk(root, o.way)
	if old == nil {
		return errs.New(errs.NotFound, "%s has no param %s that could be taken out", name, o.key())
	}
	if !o.bare && o.value != nil && !doc.Equal(old, o.value) {
		return errs.New(errs.Conflict, "%s of %s is not what -S %s says, so it is not taken out", o.key(), name, o.text).WithHint("say -S ~%s to take it out whatever it is", o.key())
	}
	at, _ := doc.Walk(root, o.way[:len(o.way)-1])
	m, is := at.(*doc.Map)
	if !is {
		return o.fail("takes one item out of a list, which dvc cannot either").WithHint("set the whole list")
	}
	m.Drop(o.way[len(o.way)-1])
	return nil
}
