"""The steering page beside a running graph; `ros2 launch molmoact_ros steering_ui.launch.py -s` lists the arguments."""

from launch import LaunchDescription

from molmoact_bringup.launching import page_description


def generate_launch_description() -> LaunchDescription:
    return page_description()
