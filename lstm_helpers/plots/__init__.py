"""Pictures: a figure function takes data and an optional `ax` and returns the figure, which
`Picture` and `Slider` show."""

from lstm_helpers.plots.show import Picture, Slider

__all__ = ["Picture", "Slider"]
