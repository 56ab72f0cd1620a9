"""The floor through which the outside comes in; what it says is put into our words at the door."""
