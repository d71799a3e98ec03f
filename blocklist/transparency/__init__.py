"""The transparency report: what an ISP and a list body publish of a month, a quarter or a year, and how it looks.

No clock, no network, no source of figures: whoever reports hands in a `model.Report`, and gets the page, JSON and CSV.
"""
