"""The verbs: one short function each, called by the doors."""
