"""A newsletter and e-mail campaign pipeline whose deadline reminders go out by themselves."""

__version__ = "0.1.0"
