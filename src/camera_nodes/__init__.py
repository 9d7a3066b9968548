"""The camera nodes: RealSense devices to images, camera info and health."""
