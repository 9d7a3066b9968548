"""What every package shares: errors, configuration files, poses, chunks, and (in ros/) the border to ROS messages."""
