"""Teleoperation: devices in a person's hands, and the chunks that they become."""
