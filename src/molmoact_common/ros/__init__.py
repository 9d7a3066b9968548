"""The border between ROS messages and the plain objects of this project."""
