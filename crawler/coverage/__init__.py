"""Who has published which year: the states of organ-years, a table for the terminal, a site to look at.

`catalogue` reads what the data home holds, one light line a report; `states` gives every organ-year
exactly one state; `table` prints them; `site` writes static pages. Nothing here decides about a figure.
"""
