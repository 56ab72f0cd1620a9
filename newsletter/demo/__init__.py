"""The demonstration: six weeks of an office, played on the real flows with a simulated clock."""
