"""The recorder node: topics to rosbags."""
