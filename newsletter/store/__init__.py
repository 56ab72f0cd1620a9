"""The only SQL. Each query is a named function with one sentence that says what it promises."""
