"""What is said between a robot and the model: prompts, the answer's text, and the numbers behind its symbols."""
