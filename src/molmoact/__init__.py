"""The action reasoning model, without ROS: protocol, architecture, decoding, depth codebook."""
