"""Typical wrong answers to the exercises, each with words of the hint that it must get. One module a notebook."""
