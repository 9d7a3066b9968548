"""One picture of the report in each file: `draw(figure, run, …)` fills the figure, or part of one, that it is given."""
