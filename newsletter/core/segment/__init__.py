"""Segments: live rules over people, one tree of conditions with two meanings (Python here, SQL in the store)."""
