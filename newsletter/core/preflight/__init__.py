"""The preflight: small named rules that look at a finished mail before it leaves."""
