"""What a policy is made of at run time: observations in, stages of an answer out, and the backends between them."""
