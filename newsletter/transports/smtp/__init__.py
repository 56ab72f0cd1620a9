"""SMTP at speed: many connections from one event loop, commands pipelined, and the stage of every failure known."""
