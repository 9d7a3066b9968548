"""From demonstrations to training rows, without ROS: episodes, depth codes, traces, actions, statistics, rows."""
