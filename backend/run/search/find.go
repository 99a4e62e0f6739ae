package search

// Source says where the column lies that a clause or an order is about.
type Source struct {
	Entity string // Attribute, Metric, Param or Tag
	Key    string // of a metric, param or tag
	Expr   string // of an attribute
	Number bool
}

// Find returns the column that an entity's key stands for, which Where or OrderBy of
// the space must have taken.
func (s Space) Find(entity, key string) Source {
	col, ok := s.column(Order{Entity: entity, Key: key})
	if ok {
		return Source{Entity: Attribute, Expr: col.Expr, Number: col.Number}
	}
	return Source{Entity: entity, Key: key, Number: entity == Metric}
}
