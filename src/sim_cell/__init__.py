"""The simulated cell: one MuJoCo world behind the client libraries that drive real hardware."""
