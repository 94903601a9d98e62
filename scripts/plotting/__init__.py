"""Commands of plot.py, one module each."""
