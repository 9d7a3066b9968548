"""The cell of one arm without servers, ROS or other processes: as fast as physics and drawing go, for large numbers."""
