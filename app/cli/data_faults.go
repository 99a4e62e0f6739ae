package cli

import "rondo/backend/dataset/table"

// sayFaults tells of the lines of a table that are no rows of it, where there are any.
func (c *call) sayFaults(of string, f *table.Faults) {
	if f != nil {
		c.say("%s: %s", shown(of), shown(f.String()))
	}
}
