"""The pure floor: values in, values out. Nothing here opens a file, asks the clock or draws a random number."""
