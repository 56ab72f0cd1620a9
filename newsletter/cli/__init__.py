"""The command line: each command parses its input, calls one flow and shows the result."""
