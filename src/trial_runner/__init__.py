"""Episodes and what they leave behind: summaries and reports."""
