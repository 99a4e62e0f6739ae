package ledger

// Waiting says how many changes wait for the writer.
func (l *Ledger) Waiting() int { return len(l.queue) }
